import { alignedTable } from '../report/columns.ts';
import { figuresOf } from '../report/figures.ts';
import { eventsOf, readStory } from '../report/story.ts';
import { between, durationText } from '../report/time.ts';
import type { RecordedFact } from '../session/ports.ts';
import type { Cap, CapsInput } from './caps.ts';
import { capsOf } from './caps.ts';
import { saysWhy } from './reason.ts';

export interface ScoreInput extends CapsInput {
  /** T: the runbook's or the scenario's time to decide, and to restore. */
  readonly objectiveMs: number;
  /** When the trigger fired or the first customer reported, where the events do not say; ISO. */
  readonly firedAt?: string | null;
  /** When the fault was armed: time zero where nothing fired; ISO. */
  readonly armedAt?: string | null;
  /** The edges that this session walked, and whether a path that the scenario accepts has them. */
  readonly walked: readonly { readonly id: string; readonly accepted: boolean }[];
  /** Ids of the steps that are required checks. */
  readonly requiredChecks?: readonly string[];
  /** How many messages were due by the end. */
  readonly messagesDue?: number;
  /** Domain seconds per real second. Points count real time, which is the person's; the other is shown beside it. */
  readonly speed: number;
}

export interface ScorePart {
  readonly id: 'decide' | 'restore' | 'path' | 'checks' | 'obligations' | 'comms';
  readonly points: number;
  readonly of: number;
  /** How the points come about, with every figure that went in. */
  readonly because: string;
  readonly lost: readonly { readonly points: number; readonly what: string }[];
}

export interface Score {
  readonly total: number;
  /** The sum of the parts, before a cap. */
  readonly sum: number;
  readonly caps: readonly Cap[];
  readonly parts: readonly ScorePart[];
  readonly wrongTurns: readonly string[];
  readonly skippedChecks: readonly string[];
  readonly unknownsPassed: readonly string[];
  readonly debtsLeft: readonly string[];
}

/** Scores a drill out of 100 from its events alone; every figure stands beside the points it led to. */
export function score(input: ScoreInput): Score {
  const { events } = input;
  const story = readStory({ session: { id: '', outcome: null }, events });
  const wrongTurns = input.walked.filter(({ accepted }) => !accepted).map(({ id }) => id);
  const skippedChecks = skippedWithoutReason(input);
  const unknownsPassed = unknownsWithoutReason(events);
  const left = story.obligations.filter(({ closed }) => closed === null || closed.how === 'waived');
  const decided = decidedAt(input);
  const rightEnd = isAccepted(input, story.outcome);
  const parts: readonly ScorePart[] = [
    decidePart(input, decided),
    restorePart(input, decided, rightEnd, story.outcome),
    deducted(
      'path',
      20,
      [
        ...wrongTurns.map((id) => ({ points: 5, what: `off the accepted paths: ${id}` })),
        ...(story.outcome === 'rolled_back' && !rightEnd
          ? [{ points: 10, what: 'a rollback that was not needed' }]
          : []),
      ],
      `${String(input.walked.length)} edges walked, ${String(wrongTurns.length)} of them off the accepted paths`,
    ),
    deducted(
      'checks',
      15,
      [
        ...skippedChecks.map((step) => ({ points: 5, what: `${step} skipped without a reason` })),
        ...unknownsPassed.map((step) => ({
          points: 3,
          what: `${step} was unknown and passed over without a reason`,
        })),
      ],
      `${String(input.requiredChecks?.length ?? 0)} required checks`,
    ),
    deducted(
      'obligations',
      15,
      [
        ...left.map(({ opened, closed }) => ({
          points: 5,
          what: `${opened.key} ${closed === null ? 'still open' : 'given up'}`,
        })),
        ...story.obligations
          .filter(({ overdueAt }) => overdueAt !== null)
          .map(({ opened }) => ({ points: 2, what: `${opened.key} past its limit` })),
      ],
      `${String(story.obligations.length)} debts opened`,
    ),
    commsPart(input),
  ];
  const sum = rounded(parts.reduce((all, { points }) => all + points, 0));
  const caps = capsOf(input);
  return {
    total: Math.min(sum, ...caps.map(({ at }) => at)),
    sum,
    caps,
    parts,
    wrongTurns,
    skippedChecks,
    unknownsPassed,
    debtsLeft: left.map(({ opened }) => opened.key),
  };
}

const rounded = (points: number): number => Math.round(points * 10) / 10;

/** `20·clamp(2 − t/T, 0, 1)`: full up to T, nothing from twice T on. */
const forTime = (most: number, ms: number, objectiveMs: number): number =>
  rounded(most * Math.min(1, Math.max(0, 2 - ms / objectiveMs)));

function timeText(ms: number, { objectiveMs, speed }: ScoreInput): string {
  const domain =
    speed === 1 ? '' : ` (${durationText(ms * speed)} on the sandbox's clock, ×${String(speed)})`;
  return `${durationText(ms)}${domain} of ${durationText(objectiveMs)}`;
}

function zeroOf({
  events,
  firedAt,
  armedAt,
}: ScoreInput): { readonly at: string; readonly what: string } | null {
  if (firedAt != null) return { at: firedAt, what: 'the first report' };
  const fired = eventsOf(events, 'trigger.changed').find(({ fact }) => fact.state === 'FIRED');
  if (fired !== undefined) return { at: fired.at, what: `trigger ${fired.fact.id} fired` };
  if (armedAt != null) return { at: armedAt, what: 'the fault was armed' };
  return events[0] === undefined ? null : { at: events[0].at, what: 'the session started' };
}

/** The first decision that is not itself a wrong turn: deciding wrongly and fast is not deciding. */
function decidedAt({ events, walked }: ScoreInput): string | null {
  const wrong = walked.filter(({ accepted }) => !accepted).map(({ id }) => id);
  const isWrong = (step: string, option: string) =>
    wrong.some((id) => id.startsWith(`${step} -option:${option}->`));
  return (
    eventsOf(events, 'decision.made').find(
      ({ fact }) => fact.againAt === null && !isWrong(fact.place.step, fact.option),
    )?.at ?? null
  );
}

/** Without a scenario every end is accepted but `aborted` and `not_possible`. */
function isAccepted({ scenario }: ScoreInput, outcome: string | null): boolean {
  if (outcome === null) return false;
  return scenario == null
    ? outcome !== 'aborted' && outcome !== 'not_possible'
    : scenario.acceptedOutcomes.includes(outcome);
}

function decidePart(input: ScoreInput, decided: string | null): ScorePart {
  const zero = zeroOf(input);
  if (decided === null || zero === null)
    return { id: 'decide', points: 0, of: 20, because: 'no accepted decision was made', lost: [] };
  const took = Math.max(0, between(zero.at, decided));
  return {
    id: 'decide',
    points: forTime(20, took, input.objectiveMs),
    of: 20,
    because: `from ${zero.what} to the decision ${timeText(took, input)}`,
    lost: [],
  };
}

function restorePart(
  input: ScoreInput,
  decided: string | null,
  rightEnd: boolean,
  outcome: string | null,
): ScorePart {
  const none = (because: string): ScorePart => ({ id: 'restore', points: 0, of: 25, because, lost: [] });
  if (decided === null) return none('nothing was decided that could be restored from');
  if (!rightEnd)
    return none(
      outcome === null ? 'the session has no end' : `${outcome} is not an end that this drill accepts`,
    );
  const story = readStory({ session: { id: '', outcome: null }, events: input.events });
  const proof = figuresOf(
    story,
    input.events.filter(({ at }) => at >= decided),
  ).recovered;
  const until =
    proof ?? (story.endedAt === null ? null : { at: story.endedAt, what: `the end ${outcome ?? ''}` });
  if (until === null) return none('nothing proved that the service had recovered');
  const took = Math.max(0, between(decided, until.at));
  return {
    id: 'restore',
    points: forTime(25, took, input.objectiveMs),
    of: 25,
    because: `from the decision to ${until.what} ${timeText(took, input)}`,
    lost: [],
  };
}

function deducted(id: ScorePart['id'], of: number, lost: ScorePart['lost'], because: string): ScorePart {
  const points = Math.max(0, of - lost.reduce((sum, one) => sum + one.points, 0));
  return { id, points, of, because, lost };
}

function commsPart({ events, messagesDue = 0 }: ScoreInput): ScorePart {
  const sent = [...eventsOf(events, 'comms.sent'), ...eventsOf(events, 'message.sent')].filter(
    ({ fact }) => fact.result === 'pass',
  ).length;
  const share = messagesDue === 0 ? 1 : Math.min(1, sent / messagesDue);
  return {
    id: 'comms',
    points: rounded(5 * share),
    of: 5,
    because: `${String(sent)} messages delivered, ${String(messagesDue)} due`,
    lost: [],
  };
}

function skippedWithoutReason({ events, requiredChecks = [] }: ScoreInput): readonly string[] {
  return eventsOf(events, 'operator.skipped')
    .filter(({ fact }) => requiredChecks.includes(fact.place.step) && !saysWhy(fact.reason))
    .map(({ fact }) => fact.place.step);
}

/** Attempts that ended unknown and were left by a person who did not say why. */
function unknownsWithoutReason(events: readonly RecordedFact[]): readonly string[] {
  const unknown = new Set(
    eventsOf(events, 'check.judged')
      .filter(({ fact }) => fact.result === 'unknown')
      .map(({ fact }) => fact.attempt),
  );
  const left = [...eventsOf(events, 'operator.skipped'), ...eventsOf(events, 'operator.routed')]
    .filter(({ fact }) => unknown.has(fact.attempt) && !saysWhy(fact.reason))
    .map(({ fact }) => fact.place.step);
  const chosen = eventsOf(events, 'decision.made')
    .filter(({ fact }) => {
      const posed = eventsOf(events, 'question.posed').findLast((one) => one.fact.attempt === fact.attempt);
      const option = posed?.fact.options.find(({ id }) => id === fact.option);
      return option?.offered === 'unknown' && !saysWhy(fact.reason ?? '');
    })
    .map(({ fact }) => fact.place.step);
  return [...left, ...chosen];
}

/** A sentence broken between words, so that no terminal breaks it within one. */
function inLines(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(`${last === undefined ? '  ' : '    '}${word}`);
  }
  return lines.map((line) => `${line}\n`);
}

/** The score as plain text: each part with its inputs, what was lost and why, and the one question of a debrief. */
export function scoreText({ total, sum, caps, parts }: Score, width = 100): string {
  return [
    `score ${String(total)} of 100${caps.length === 0 ? '' : ` (capped from ${String(sum)})`}\n`,
    ...caps.flatMap(({ at, why }) => inLines(`at most ${String(at)}: ${why}`, width)),
    '\n',
    alignedTable(
      parts,
      [
        { title: 'part', value: ({ id }) => id },
        { title: 'points', value: ({ points }) => String(points), align: 'right' },
        { title: 'of', value: ({ of }) => String(of), align: 'right' },
        { title: 'because', value: ({ because }) => because, shrinks: true },
      ],
      width,
    ),
    ...parts.flatMap(({ id, lost }) =>
      lost.map(({ points, what }) => `  ${id} -${String(points)}: ${what}\n`),
    ),
    '\nWhat would have made this easier?\n',
  ].join('');
}
