import type { CurrentStep, SessionView } from '../../machine/view.ts';
import type { LiveView } from '../../session/client.ts';
import type { Intent } from '../../session/intents.ts';
import type { Grace } from '../keys/grace.ts';
import type { TextField } from '../kit/text-field.ts';
import type { Role } from '../theme.ts';
import type { Form } from './form.ts';
import type { Menu } from './menu.ts';

export type Panel = 1 | 2 | 3 | 4;

/** What the keyboard talks to. */
export type Mode =
  | { readonly kind: 'session' }
  /** After a re-attach, or a minute away while things went on. */
  | { readonly kind: 'resume'; readonly why: 'attached' | 'idle'; readonly before: string | null }
  | { readonly kind: 'form'; readonly form: Form; readonly back: Menu | null }
  | { readonly kind: 'menu'; readonly menu: Menu }
  | { readonly kind: 'help'; readonly query: TextField; readonly top: number }
  | { readonly kind: 'palette'; readonly query: TextField; readonly selected: number }
  | { readonly kind: 'debts'; readonly selected: number }
  | { readonly kind: 'undo_path'; readonly top: number }
  | { readonly kind: 'scope'; readonly selected: number }
  | { readonly kind: 'search'; readonly field: TextField };

export interface OutputState {
  /** The attempt whose output is shown. */
  readonly attempt: string | null;
  readonly follow: boolean;
  /** First line shown while not following. */
  readonly top: number;
  readonly wrap: boolean;
  readonly times: boolean;
  readonly query: string;
  readonly matches: readonly number[];
  readonly match: number;
}

export interface Message {
  readonly text: string;
  readonly role: Role;
  readonly atMs: number;
}

export interface ScreenState {
  readonly mode: Mode;
  /** The attempt of the open step that is shown; follows the neediest one until a person chooses. */
  readonly selected: string | null;
  /** The selected step and what it asks, as last seen: when this changes, keys are swallowed for a moment. */
  readonly asked: string;
  readonly panel: Panel | null;
  readonly zoomed: boolean;
  readonly scroll: Readonly<Record<Panel, number>>;
  readonly output: OutputState;
  readonly grace: Grace;
  readonly message: Message | null;
  readonly lastKeyMs: number;
  /** The view's revision, and the last thing that had happened, when the last key came. */
  readonly attended: { readonly revision: number; readonly last: string | null };
  /** The prompt that rang, and when it rang last. */
  readonly rang: { readonly asked: string; readonly atMs: number; readonly times: number } | null;
  /** The bell of the window that was heard last. */
  readonly windowRang: string;
  /** Phases that were over when last seen: the end of one is said. */
  readonly phasesDone: readonly string[];
  readonly sending: boolean;
  /** Set once a stop was accepted: the screen goes when nothing runs any more. */
  readonly stopping: boolean;
}

/** Everything outside the screen's own state that a key or a frame depends on. */
export interface Seen {
  readonly view: SessionView;
  readonly live: LiveView;
  readonly drives: boolean;
  readonly nowMs: number;
  readonly nowIso: string;
  readonly columns: number;
  readonly rows: number;
  /** Rows that each panel had in the last frame: a page. */
  readonly heights: Readonly<Record<Panel, number>>;
  /** Lines of the output that is shown. */
  readonly outputLines: number;
  readonly searchOutput: (text: string) => readonly number[];
  readonly user: string;
  readonly copyFolder: string;
  /** Where the draft of the post-mortem lies once the session is closed; null where that is not known. */
  readonly draft: string | null;
}

export type Effect =
  | {
      readonly kind: 'send';
      readonly intent: Intent;
      readonly said: string;
      /** The card it was written in: it opens again, as it was filled in, where the session refuses. */
      readonly card?: Extract<Mode, { kind: 'form' }>;
    }
  | { readonly kind: 'take_over' }
  | { readonly kind: 'copy'; readonly what: 'command' | 'output' }
  | { readonly kind: 'copy'; readonly what: 'message' | 'patch' | 'rebase'; readonly text: string }
  | { readonly kind: 'pager' }
  | { readonly kind: 'edit'; readonly initial: string }
  | { readonly kind: 'ring'; readonly text: string; readonly notify: boolean }
  /** Writes the session into a new file. */
  | { readonly kind: 'export'; readonly session: string }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'redraw' }
  | { readonly kind: 'leave'; readonly left: 'detached' | 'ended' | 'stop' };

export interface Update {
  readonly state: ScreenState;
  readonly effects: readonly Effect[];
}

/** The open step that is shown: the chosen one, or else the one that needs a person most. */
export function selectedStep(view: SessionView, selected: string | null): CurrentStep | null {
  const chosen = view.current.find(({ attempt }) => attempt === selected);
  return (
    chosen ??
    view.current.find(waitsForPerson) ??
    view.current.find(({ offers }) => offers.length > 0) ??
    view.current[0] ??
    null
  );
}

const waiting: ReadonlySet<string> = new Set(['ready', 'failed', 'unknown', 'in_doubt']);
const answers: ReadonlySet<string> = new Set(['choose', 'sign', 'report', 'type_value', 'resolve_doubt']);

/** True where a step's own work is a person's answer: it may count as performing for as long as that takes. */
export const asksPerson = (step: CurrentStep): boolean =>
  step.offers.some(({ intent }) => answers.has(intent));

/** True where the step stands still until a person says something. */
export const waitsForPerson = (step: CurrentStep): boolean =>
  asksPerson(step) || (waiting.has(step.status) && step.offers.length > 0);

export const phasesDone = (view: SessionView): readonly string[] =>
  view.phases.filter(({ status }) => status === 'done').map(({ id }) => id);

/** Whether the start of this step was denied, so that there is something to override. */
export const startDenied = ({ denial }: SessionView, { place, offers }: CurrentStep): boolean =>
  denial !== null &&
  denial.step === place.step &&
  offers.some(({ intent }) => intent === 'run' || intent === 'retry');

/** Names what is being asked; a change of it is a change of the current step. */
export const askedOf = (step: CurrentStep | null): string =>
  step === null ? '' : `${step.attempt} ${waitsForPerson(step) ? step.status : 'working'}`;

export function initialState(seen: Pick<Seen, 'view' | 'nowMs'>): ScreenState {
  const { view, nowMs } = seen;
  const begun = view.phases.some(({ steps }) =>
    steps.some(({ status }) => status === 'done' || status === 'skipped'),
  );
  return {
    mode:
      begun && view.status !== 'ended' && view.status !== 'closed'
        ? { kind: 'resume', why: 'attached', before: null }
        : { kind: 'session' },
    selected: null,
    asked: askedOf(selectedStep(view, null)),
    panel: null,
    zoomed: false,
    scroll: { 1: 0, 2: 0, 3: 0, 4: 0 },
    output: {
      attempt: null,
      follow: true,
      top: 0,
      wrap: false,
      times: false,
      query: '',
      matches: [],
      match: 0,
    },
    grace: null,
    message: null,
    lastKeyMs: nowMs,
    attended: { revision: view.revision, last: view.last?.text ?? null },
    rang: null,
    windowRang:
      view.window === null || view.window.rung === null ? '' : `${view.window.state} ${view.window.rung}`,
    phasesDone: phasesDone(view),
    sending: false,
    stopping: false,
  };
}
