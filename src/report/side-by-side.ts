import { figuresOf, type Figures } from './figures.ts';
import type { AttemptStory, SessionRecord, Story } from './story.ts';
import { readStory } from './story.ts';
import { between } from './time.ts';

/** A session as it stands at the head of a comparison. Milliseconds; null where there is no such moment. */
export interface ComparedSession {
  readonly id: string;
  readonly runbook: string;
  readonly hash: string;
  readonly environment: string;
  readonly mode: string;
  readonly startedAt: string | null;
  readonly outcome: string | null;
  readonly figures: Pick<Figures, 'durationMs' | 'toDecideMs' | 'toRestoreMs' | 'toGiveBackMs' | 'retries'>;
}

/** What one session did at a place: all its attempts there. */
export interface ComparedStep {
  /** From when it was shown until the last that is known of it, all attempts; it waits for people too. */
  readonly ms: number;
  readonly attempts: number;
  /** How the last attempt ended. */
  readonly result: string;
}

export interface StepPair {
  readonly place: string;
  readonly title: string;
  readonly left: ComparedStep | null;
  readonly right: ComparedStep | null;
  /** True where it ended in another way, or took another number of attempts. */
  readonly differs: boolean;
}

export interface SideBySide {
  readonly left: ComparedSession;
  readonly right: ComparedSession;
  /** Whether both are of the very same runbook: else a step of the same name may be another one. */
  readonly sameRunbook: boolean;
  readonly steps: readonly StepPair[];
}

/**
 * Two sessions step by step, in the order of the left one; what only the right one did stands after the step that it
 * followed there.
 */
export function sideBySide(left: SessionRecord, right: SessionRecord): SideBySide {
  const [one, other] = [readStory(left), readStory(right)];
  const heads = [headOf(one, left), headOf(other, right)] as const;
  return {
    left: heads[0],
    right: heads[1],
    sameRunbook: heads[0].hash === heads[1].hash,
    steps: pairs(stepsOf(one), stepsOf(other)),
  };
}

const headOf = (story: Story, { events }: SessionRecord): ComparedSession => {
  const { durationMs, toDecideMs, toRestoreMs, toGiveBackMs, retries } = figuresOf(story, events);
  return {
    id: story.id,
    runbook: story.started?.runbook.id ?? '-',
    hash: story.started?.runbook.hash ?? '-',
    environment: story.started?.environment ?? '-',
    mode: story.started?.mode ?? '-',
    startedAt: story.startedAt,
    outcome: story.outcome,
    figures: { durationMs, toDecideMs, toRestoreMs, toGiveBackMs, retries },
  };
};

type Done = ComparedStep & { readonly title: string };

function stepsOf({ attempts }: Story): ReadonlyMap<string, Done> {
  const places = Map.groupBy(attempts, ({ place }) => place);
  return new Map([...places].map(([place, own]) => [place, doneOf(place, own)]));
}

const doneOf = (place: string, attempts: readonly AttemptStory[]): Done => ({
  ms: attempts.reduce((sum, { firstAt, lastAt }) => sum + Math.max(0, between(firstAt, lastAt)), 0),
  attempts: attempts.length,
  result: attempts.at(-1)?.result ?? '',
  title: attempts.find(({ shown }) => shown !== null)?.shown?.title ?? place,
});

function pairs(left: ReadonlyMap<string, Done>, right: ReadonlyMap<string, Done>): readonly StepPair[] {
  const order = [...left.keys()];
  let after = -1;
  for (const place of right.keys()) {
    const at = order.indexOf(place);
    if (at === -1) order.splice(after + 1, 0, place);
    after = at === -1 ? after + 1 : at;
  }
  return order.map((place) => {
    const [one = null, other = null] = [left.get(place), right.get(place)];
    return {
      place,
      title: one?.title ?? other?.title ?? place,
      left: one === null ? null : bare(one),
      right: other === null ? null : bare(other),
      differs:
        one === null || other === null || one.result !== other.result || one.attempts !== other.attempts,
    };
  });
}

const bare = ({ ms, attempts, result }: Done): ComparedStep => ({ ms, attempts, result });
