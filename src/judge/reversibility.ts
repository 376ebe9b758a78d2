import { parseDuration } from '../runbook/duration.ts';

/** The cheaper the way back, the smaller the rank: what a decision offers stands in this order. */
const words: readonly (readonly [RegExp, number])[] = [
  [/\bflag\b/, 0],
  [/\bseconds?\b/, 0],
  [/\bswitch(?:[ _]back)?\b/, 1],
  [/\bconfig(?:uration)?\b/, 2],
  [/\bapp(?:lication)?\s*(?:\+|and|with|_and_)\s*schema\b/, 4],
  [/\bapp(?:lication)?\b/, 3],
  [/\bminutes?\b/, 3],
  [/\brestore\b/, 5],
  [/\bhours?\b/, 5],
  [/\broll[ _]forward\b/, 6],
  [/\b(?:days?|never|no way back)\b/, 6],
];

const minuteMs = 60_000;

/** Where an option says nothing, it stands between a change of the application and a restore. */
const unsaid = 4;
const waiting = 7;
const nothing = 8;

/**
 * How an option ranks by what it costs to take it back: flag, switch back, configuration, application, application and
 * schema, restore, roll forward, wait for a fact, do nothing. `reversible` is the author's word: a kind (`flag`,
 * `restore`), a measure (`seconds`, `hours`) or a span (`90s`).
 */
export function reversibilityRank(option: {
  readonly reversible: string | null;
  readonly again: boolean;
  readonly ends: boolean;
}): number {
  if (option.again) return waiting;
  const said = option.reversible?.trim().toLowerCase() ?? '';
  const word = words.find(([pattern]) => pattern.test(said));
  if (word !== undefined) return word[1];
  const ms = parseDuration(said);
  if (ms !== null) return ms < minuteMs ? 0 : ms < 60 * minuteMs ? 3 : 5;
  return option.ends ? nothing : unsaid;
}
