import { placeKey } from '../machine/place-key.ts';
import type { SessionView } from '../machine/view.ts';
import { owed, stepsWaiting, waitsForPerson } from '../plain/waiting.ts';
import type { SessionClient } from '../session/client.ts';
import type { Answer, Intent, IntentType } from '../session/intents.ts';
import { acceptedPolicy, wordsShown, type Policy, type Situation } from './policy.ts';

export interface OperatorOptions {
  readonly client: SessionClient;
  readonly policy?: Policy;
  /** The same intent at the same place is sent at most so often. */
  readonly mostTries?: number;
}

export interface OperatorEnd {
  /** `closed`: the session is over. `stuck`: the policy went in a circle. The others: somebody ended it from outside. */
  readonly why: 'closed' | 'stuck' | 'stopped' | 'gone';
  readonly detail: string;
  /** Everything that was sent, with its answer, in order. */
  readonly sent: readonly { readonly intent: Intent; readonly answer: Answer }[];
}

export interface ScriptedOperator {
  readonly ended: Promise<OperatorEnd>;
  /** Sends nothing more. */
  stop(): void;
}

/**
 * An operator made of a policy. It sees the view and sends intents, as a person at a screen would, as fast as the
 * session answers; between changes it does nothing.
 */
export function scriptedOperator({
  client,
  policy = acceptedPolicy,
  mostTries = 12,
}: OperatorOptions): ScriptedOperator {
  const sent: OperatorEnd['sent'][number][] = [];
  const tries = new Map<string, number>();
  const seen = new Set<string>();
  const end = Promise.withResolvers<OperatorEnd>();
  let over = false;
  let acting = false;
  let changed = false;

  function finish(why: OperatorEnd['why'], detail = ''): void {
    if (over) return;
    over = true;
    unsubscribe();
    end.resolve({ why, detail, sent });
  }

  /** One act at a time: what changes meanwhile is looked at afterwards. */
  async function act(): Promise<void> {
    changed = true;
    if (acting) return;
    acting = true;
    try {
      while (changed && !isOver()) {
        changed = false;
        remember(client.view());
        for (const situation of situationsIn(client.view(), tries, [...seen])) {
          const intent = await policy(situation);
          if (intent === null || isOver()) continue;
          await send(intent, placeOf(situation));
          changed = true; // the next act is chosen from the view that this one led to
          break;
        }
        if (client.view().status === 'closed') finish('closed');
      }
    } finally {
      acting = false;
    }
  }

  function remember({ current }: SessionView): void {
    for (const word of current.flatMap(wordsShown)) {
      seen.delete(word); // what is shown again is the newest
      seen.add(word);
    }
  }

  async function send(intent: Intent, place: string): Promise<void> {
    const key = triesKey(intent.type, place);
    const count = (tries.get(key) ?? 0) + 1;
    if (count > mostTries) {
      finish(
        'stuck',
        `${intent.type} at ${place} was sent ${String(mostTries)} times${refusalText(sent.at(-1)?.answer)}`,
      );
      return;
    }
    tries.set(key, count);
    sent.push({ intent, answer: await client.send(intent) });
  }

  const isOver = (): boolean => over;
  const look = (): void => {
    if (over) return;
    act().catch((error: unknown) => {
      over = true;
      unsubscribe();
      end.reject(error instanceof Error ? error : new Error(String(error)));
    });
  };
  const unsubscribe = client.subscribe(look);
  void client.gone.then((why) => {
    finish(client.view().status === 'closed' ? 'closed' : 'gone', why);
  });
  look();
  return {
    ended: end.promise,
    stop: () => {
      finish('stopped');
    },
  };
}

const refusalText = (answer: Answer | undefined): string =>
  answer === undefined || answer.ok ? '' : `; the last answer was ${answer.code}: ${answer.message}`;

const triesKey = (type: IntentType, place: string): string => `${type} ${place}`;

function placeOf(situation: Situation): string {
  switch (situation.at) {
    case 'held':
      return `hold: ${situation.view.held ?? ''}`;
    case 'scope':
      return `scope ${situation.row.component}`;
    case 'owed':
      return `debt ${situation.debt.key}`;
    case 'step':
    case 'work':
      return placeKey(situation.step.place);
  }
}

/** Everything that waits for a person now, the most urgent first. */
function situationsIn(
  view: SessionView,
  tries: ReadonlyMap<string, number>,
  seen: readonly string[],
): readonly Situation[] {
  const with_ = (
    situation:
      | { readonly at: 'held' }
      | Omit<Extract<Situation, { at: 'scope' }>, 'view' | 'tried' | 'seen'>
      | Omit<Extract<Situation, { at: 'step' }>, 'view' | 'tried' | 'seen'>
      | Omit<Extract<Situation, { at: 'work' }>, 'view' | 'tried' | 'seen'>
      | Omit<Extract<Situation, { at: 'owed' }>, 'view' | 'tried' | 'seen'>,
  ): Situation => {
    const whole: Situation = {
      ...situation,
      view,
      seen,
      tried: (type) => tries.get(triesKey(type, placeOf(whole))) ?? 0,
    };
    return whole;
  };
  if (view.status === 'closed') return [];
  const steps = stepsWaiting(view).map((step) => with_({ at: 'step', step }));
  if (view.status === 'held') return [with_({ at: 'held' }), ...steps];
  const idle = view.status === 'ended' && view.current.length === 0;
  if (idle) return owed(view).map((debt) => with_({ at: 'owed', debt }));
  const { scope } = view;
  const asked =
    scope?.blocks !== true
      ? []
      : scope.rows.flatMap((row) => (row.state === 'ask' ? with_({ at: 'scope', row }) : []));
  const atWork = view.current.filter((step) => step.offers.length > 0 && !waitsForPerson(step));
  return [...asked, ...steps, ...atWork.map((step) => with_({ at: 'work', step }))];
}
