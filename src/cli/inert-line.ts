import { sanitiseLabel } from '../actions/sanitise-label.ts';

/** One line of an author's text for a terminal: nothing in it can act. */
export const inertLine = (text: string): string => sanitiseLabel(text, 400);

/** Longer than any message of ours; what quotes a file can be as long as the file. */
const longestLine = 2_000;

/** The same for several lines, of messages that quote what somebody else wrote: a key, a file’s name, a program’s answer. */
export const inertLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => sanitiseLabel(line, longestLine))
    .join('\n');
