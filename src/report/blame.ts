import type { Names } from './actors.ts';

type Wordings = readonly { readonly pattern: RegExp; readonly instead: string }[];

/** Wording that looks for a culprit or judges from what is known only now, and what to ask instead. */
const wordings: Wordings = [
  {
    pattern: /\b(?:should|could|would|must|ought to) have\b|\b(?:should|could|would)(?:n't| not) have\b/giu,
    instead: 'What did happen, and why did it make sense then?',
  },
  {
    pattern: /\bhuman error\b|\boperator error\b|\buser error\b/giu,
    instead: 'What made the action possible, and what made it look right?',
  },
  {
    pattern: /\b(?:careless(?:ly|ness)?|negligen(?:t|ce)|sloppy|incompeten(?:t|ce)|lazy|stupid(?:ly)?)\b/giu,
    instead: 'What was the person attending to, and what did they see?',
  },
  {
    pattern: /\bfailed to\b|\bforgot to\b|\bneglected to\b|\bdid not bother\b/giu,
    instead: 'What was done, and what would have shown that something was missing?',
  },
  {
    pattern: /\b(?:fault of|to blame|whose fault|at fault)\b/giu,
    instead: 'Which conditions came together?',
  },
  { pattern: /\bif only\b|\bobvious(?:ly)?\b/giu, instead: 'What was known at that moment?' },
];

export interface BlameWording {
  /** Counts from 1. */
  readonly line: number;
  readonly words: string;
  readonly instead: string;
}

/** Lists blaming and counterfactual wording in a text that people wrote, in reading order. */
export const blameWordings = (text: string): readonly BlameWording[] => found(wordings, text);

/** More care is no change: it lasts until the next busy night. */
const vague: Wordings = [
  {
    pattern:
      /\bbe (?:more |extra )?careful\b|\bpay (?:more )?attention\b|\bdouble.?check\b|\btry (?:harder|not to)\b|\bremember to\b/giu,
    instead: 'Which change makes it safe for somebody who is tired and in a hurry?',
  },
];

/** Lists action items' wording that asks for care and changes nothing. */
export const vagueWordings = (text: string): readonly BlameWording[] => found(vague, text);

/** Lists the people of the session whom a text names. */
export function namesIn(text: string, people: readonly string[], name: Names): readonly BlameWording[] {
  const named = people.map((person) => ({
    pattern: new RegExp(
      `(?<![\\p{L}\\p{N}_])${person.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}(?![\\p{L}\\p{N}_])`,
      'giu',
    ),
    instead: `Say the role: ${name(person)}.`,
  }));
  return found(named, text);
}

function found(wordings: Wordings, text: string): readonly BlameWording[] {
  return text.split('\n').flatMap((line, index) =>
    wordings
      .flatMap(({ pattern, instead }) =>
        [...line.matchAll(pattern)].map((match) => ({
          at: match.index,
          line: index + 1,
          words: match[0],
          instead,
        })),
      )
      .toSorted((left, right) => left.at - right.at)
      .map(({ at: _at, ...wording }) => wording),
  );
}
