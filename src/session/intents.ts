import type { Place } from '../machine/facts/values.ts';

/**
 * What a person asks of a session. An intent is checked against the view, turned into facts with the person's name
 * on them, or refused with a reason; it never reaches a command by another way.
 */
export type Intent =
  | { readonly type: 'run'; readonly place: Place; readonly attempt: string; readonly typed: string | null }
  | {
      readonly type: 'skip';
      readonly place: Place;
      readonly attempt: string;
      readonly reason: string;
      readonly override: boolean;
    }
  | { readonly type: 'check_again' | 'retry'; readonly place: Place; readonly attempt: string }
  | {
      readonly type: 'route';
      readonly place: Place;
      readonly attempt: string;
      readonly to: string;
      readonly reason: string;
    }
  | {
      readonly type: 'resolve_doubt';
      readonly place: Place;
      readonly attempt: string;
      readonly as: 'done' | 'not_done' | 'run_again';
      readonly reason: string;
    }
  | {
      readonly type: 'choose';
      readonly place: Place;
      readonly attempt: string;
      readonly option: string;
      readonly reason: string | null;
      readonly fields: Readonly<Record<string, string>>;
      readonly objection: string | null;
      /** Who else was asked, in words. */
      readonly consulted?: string | null;
    }
  /** Acts on a choice at once; the reason says why its time for objections is not waited for. */
  | { readonly type: 'go_on'; readonly place: Place; readonly attempt: string; readonly reason: string }
  | { readonly type: 'object'; readonly place: Place; readonly attempt: string; readonly text: string }
  | {
      readonly type: 'sign';
      readonly place: Place;
      readonly attempt: string;
      readonly signature: string;
      readonly principal: string;
    }
  | { readonly type: 'deny'; readonly place: Place; readonly attempt: string; readonly reason: string }
  | {
      readonly type: 'report';
      readonly place: Place;
      readonly attempt: string;
      readonly text: string;
      readonly link: string | null;
      readonly result: 'pass' | 'fail' | 'unknown';
    }
  | { readonly type: 'type_value'; readonly place: Place; readonly attempt: string; readonly value: string }
  | {
      readonly type: 'stop_command';
      readonly place: Place;
      readonly attempt: string;
      readonly typed: string | null;
    }
  | { readonly type: 'note'; readonly text: string }
  /** A change by hand: what, where, and as far as they are known why, what was typed, and where it can be seen. */
  | {
      readonly type: 'drift';
      readonly what: string;
      readonly target: string;
      readonly why?: string;
      readonly command?: string;
      readonly link?: string;
    }
  /** What becomes of a drift: into the repository (the reason says where), back to how it was, or left until a date. */
  | {
      readonly type: 'dispose_drift';
      readonly key: string;
      readonly as: 'codify' | 'revert' | 'accept';
      readonly reason: string;
      readonly owner: string | null;
      readonly until: string | null;
    }
  /** Says about a component, or about a unit as a whole, whether it goes back with the others. */
  | { readonly type: 'scope_include'; readonly component: string; readonly reason: string }
  | { readonly type: 'scope_exclude'; readonly component: string; readonly reason: string }
  /** Reads what runs now again, and works out anew what goes back together. */
  | { readonly type: 'scope_refresh' }
  | { readonly type: 'hold'; readonly reason: string }
  | { readonly type: 'unhold' }
  | { readonly type: 'abort'; readonly reason: string }
  /** After the end: run the way back of one debt. */
  | { readonly type: 'release'; readonly key: string }
  /** A message did not arrive, and a person told them by another way: `how`, and who it was. */
  | { readonly type: 'told'; readonly key: string; readonly how: string }
  /** Sends a message that did not arrive once more; `key` is its debt. */
  | { readonly type: 'resend'; readonly key: string }
  | { readonly type: 'waive'; readonly key: string; readonly reason: string }
  | {
      readonly type: 'carry';
      readonly key: string;
      readonly reason: string;
      readonly owner: string;
      readonly due: string;
    }
  /** Starts over what stands in the way: the rules, the calendar, the numbers. */
  | {
      readonly type: 'override';
      readonly reason: string;
      readonly evidence: readonly {
        readonly kind: 'customer_report' | 'log' | 'graph' | 'gut';
        readonly text: string;
      }[];
      /** The name of the system, typed. */
      readonly system: string;
      readonly second: string | null;
    }
  /** A signature over the request for authority at hand. */
  | { readonly type: 'prove'; readonly signature: string; readonly principal: string }
  /** A signature over what was done by an override. */
  | {
      readonly type: 'approve_override';
      readonly key: string;
      readonly signature: string;
      readonly principal: string;
    }
  /** What opens or closes the window happened: when, and where that is known from. */
  | { readonly type: 'tell_event'; readonly event: string; readonly at: string; readonly source: string }
  /** Offers command to the next person; `to` is their name. */
  | { readonly type: 'hand_over'; readonly to: string }
  /** Takes command, from any terminal: the step at hand and the number of debts, typed back. */
  | { readonly type: 'take_command'; readonly step: string; readonly owed: string; readonly name: string }
  | { readonly type: 'keep_command' }
  | { readonly type: 'escalate' }
  /** Measures the data now. */
  | { readonly type: 'measure_data' }
  /** Agrees to the data as it stands, where it keeps the next change from being made. */
  | {
      readonly type: 'accept_data';
      readonly reason: string;
      /** Where the role that owns the data lists keys: who signed the request, and the signature. */
      readonly principal: string | null;
      readonly signature: string | null;
      /** Goes past the owner of the data; a review is owed. */
      readonly override: boolean;
    }
  /** Stops at the next step boundary; resumable. */
  | { readonly type: 'stop'; readonly reason: string }
  /** Ends the session where its debts, if any, allow it. */
  | { readonly type: 'close' };

export type IntentType = Intent['type'];

export type Answer =
  | { readonly ok: true }
  /** `code` is stable (`E_…`), `message` is for the person, `next` is what they can do instead. */
  | { readonly ok: false; readonly code: string; readonly message: string; readonly next: string };
