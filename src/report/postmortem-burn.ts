import type { Reading } from '../machine/facts/values.ts';
import { placeKey } from '../machine/place-key.ts';
import type { RecordedFact } from '../session/ports.ts';
import { readingText } from './reading-text.ts';
import { eventsOf } from './story.ts';
import { clockText } from './time.ts';

interface BurnRead {
  readonly at: string;
  readonly reading: Reading;
}

/**
 * How fast the error budget burned (E2): at each decision as it was shown, and over all readings of the incident. Every
 * question reads it, so a question that was put again adds a reading. Unknown says why.
 */
export function burnLines(events: readonly RecordedFact[]): readonly string[] {
  const posed = eventsOf(events, 'question.posed');
  const read = posed.flatMap(({ at, fact }) => burnsIn(fact.facts).map((reading) => ({ at, reading })));
  const decided = eventsOf(events, 'decision.made').flatMap(({ at, seq, fact }) => {
    const asked = posed.findLast((one) => one.seq < seq && one.fact.attempt === fact.attempt);
    const burns = burnsIn(fact.seen ?? asked?.fact.facts ?? []);
    const where = `Error budget at the decision ${clockText(at)} (${placeKey(fact.place)})`;
    return burns.length === 0
      ? [`${where}: unknown, its burn was not read`]
      : burns.map((reading) => `${where}: ${burnText(reading)}`);
  });
  const series = Map.groupBy(read, ({ reading }) => reading.subject);
  return [
    ...(decided.length === 0 ? ['Error budget at the decision: unknown, nothing was decided'] : decided),
    ...(series.size === 0
      ? ['Error budget over the incident: unknown, its burn was never read']
      : [...series].map(([subject, all]) => overAll(subject, all))),
  ];
}

const burnsIn = (facts: readonly Reading[]): readonly Reading[] =>
  facts.filter(({ subject }) => subject === 'burn' || subject.startsWith('burn '));

/** With what the card said beside the rate: what is left, how long it lasts, what waiting costs. */
const burnText = (reading: Reading): string =>
  reading.result === 'pass' && reading.detail !== ''
    ? `${readingText(reading)} (${reading.detail})`
    : readingText(reading);

function overAll(subject: string, all: readonly BurnRead[]): string {
  const where = `Error budget over the incident (${subject})`;
  const known = all.filter(({ reading }) => reading.result === 'pass' && reading.value !== null);
  const count = `${String(known.length)} of ${String(all.length)} readings with a figure`;
  const most = known.toSorted((one, other) => rateOf(other) - rateOf(one))[0];
  const last = known.at(-1);
  if (most === undefined || last === undefined) return `${where}: unknown, ${count}`;
  if (known.length === 1) return `${where}: unknown, it was read once, at ${clockText(last.at)} (${count})`;
  const said = ({ at, reading }: BurnRead): string => `${readingText(reading)} at ${clockText(at)}`;
  return `${where}: at most ${said(most)}, last ${said(last)}; ${count}`;
}

const rateOf = ({ reading }: BurnRead): number => Number(reading.value);
