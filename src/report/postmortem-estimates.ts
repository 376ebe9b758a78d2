import type { Reading } from '../machine/facts/values.ts';
import type { FactOf } from '../machine/facts.ts';
import { table } from './markdown.ts';
import type { Material } from './postmortem-material.ts';
import { placeKey } from '../machine/place-key.ts';
import { eventsOf } from './story.ts';
import { clockText, durationText, epochMs } from './time.ts';

type Source = Pick<Material, 'events' | 'story'>;

/** What was said of one way at its decision; milliseconds, or why there is no figure. */
type Said = { readonly ms: number; readonly words: string } | { readonly ms: null; readonly words: string };

/**
 * E7 against what came of it, one row for each option that was taken and one for all of it. An estimate is of the steps
 * alone, so it is held against the time in which steps were at work; what people took to answer stands beside it.
 */
export function estimateTable(material: Source): string {
  return table(
    ['decided', 'option taken', 'said then', 'steps at work', 'error', 'until the end', 'how it is known'],
    estimateRows(material),
    'No option was taken that leads on.',
  );
}

function estimateRows({ events, story }: Source): readonly (readonly string[])[] {
  const taken = eventsOf(events, 'decision.made').filter(({ fact }) => fact.againAt === null);
  const over = endOf(story);
  const rowOf = (decision: (typeof taken)[number], label: string): readonly string[] => {
    const said = saidOf(events, decision);
    if (over.at === null)
      return [clockText(decision.at), label, saidText(said), 'unknown', 'unknown', 'unknown', over.why];
    const real = workMs(events, epochMs(decision.at), epochMs(over.at));
    return [
      clockText(decision.at),
      label,
      saidText(said),
      durationText(real),
      said.ms === null ? 'unknown' : errorText(real - said.ms, said.ms),
      durationText(epochMs(over.at) - epochMs(decision.at)),
      said.words,
    ];
  };
  const [first] = taken;
  return [
    ...taken.map((one) => rowOf(one, `${placeKey(one.fact.place)}: ${one.fact.option}`)),
    ...(first === undefined ? [] : [rowOf(first, 'in all')]),
  ];
}

/** When the way was at its end; null where it did not get there, since nothing can then be held against an estimate of it. */
function endOf({ outcome, endedAt }: Material['story']): {
  readonly at: string | null;
  readonly why: string;
} {
  if (endedAt === null) return { at: null, why: 'the session goes on' };
  return outcome === 'aborted'
    ? { at: null, why: 'the session was aborted on the way' }
    : { at: endedAt, why: '' };
}

type Taken = ReturnType<typeof eventsOf<'decision.made'>>[number];

/**
 * The estimate as it stood before the eyes of who chose, which is of the way that was recommended and of no other; else
 * the one that was recorded for the option beside the card.
 */
function saidOf(events: Source['events'], { seq, fact }: Taken): Said {
  const posed = eventsOf(events, 'question.posed').findLast(
    (one) => one.seq < seq && one.fact.attempt === fact.attempt,
  );
  const seen: readonly Reading[] = fact.seen ?? posed?.fact.facts ?? [];
  const reading = seen.find(({ subject }) => subject === 'eta');
  const way = posed?.fact.ways?.find(({ option }) => option === fact.option);
  if (way !== undefined && (reading === undefined || fact.recommended !== fact.option))
    return saidBeside(way);
  if (reading === undefined) return { ms: null, words: 'no estimate was shown with this decision' };
  if (fact.recommended !== fact.option) {
    const whose = fact.recommended === null ? 'of the likeliest way' : `of “${fact.recommended}”`;
    return {
      ms: null,
      words: `the estimate that was shown is ${whose}, not of this option: ${reading.detail}`,
    };
  }
  const seconds = reading.result === 'pass' && reading.value !== null ? Number(reading.value) : Number.NaN;
  return Number.isFinite(seconds)
    ? { ms: seconds * 1000, words: reading.detail }
    : { ms: null, words: [reading.code, reading.detail].filter((text) => text !== null).join(': ') };
}

/** A sum with gaps is the least that it takes, and no figure. */
function saidBeside({ ms, steps, unknown }: NonNullable<FactOf<'question.posed'>['ways']>[number]): Said {
  const words = `worked out then, not on the card: ${String(steps)} steps`;
  return unknown === 0
    ? { ms, words }
    : { ms: null, words: `${words}, ${String(unknown)} of them unknown, so at least ${durationText(ms)}` };
}

const saidText = ({ ms }: Said): string => (ms === null ? 'unknown' : durationText(ms));

/** `2 min 10 s longer (41 %)` than was said. */
function errorText(byMs: number, saidMs: number): string {
  const share = saidMs === 0 ? '' : ` (${String(Math.round((100 * Math.abs(byMs)) / saidMs))} %)`;
  return `${durationText(Math.abs(byMs))} ${byMs < 0 ? 'shorter' : 'longer'}${share}`;
}

/** For how long at least one command, check or wait was at work between two moments (epoch ms): the union of their spans. */
function workMs(events: Source['events'], fromMs: number, untilMs: number): number {
  const readied = new Map(
    eventsOf(events, 'step.readied').map(({ at, fact }) => [fact.attempt, epochMs(at)] as const),
  );
  const spans = events.flatMap(({ at, fact }): readonly (readonly [number, number])[] => {
    const end = epochMs(at);
    if (fact.type === 'command.ended' || fact.type === 'check.judged') return [[end - fact.durationMs, end]];
    return fact.type === 'wait.over' ? [[readied.get(fact.attempt) ?? end, end]] : [];
  });
  let total = 0;
  let reached = fromMs;
  for (const [start, end] of spans.toSorted(([one], [other]) => one - other)) {
    const stop = Math.min(end, untilMs);
    total += Math.max(0, stop - Math.max(start, reached));
    reached = Math.max(reached, stop);
  }
  return total;
}
