import { createHash } from 'node:crypto';
import { OperatorError, exitCode } from '../../errors.ts';

export const planFormats = ['ansible', 'terraform', 'helm', 'diff', 'text'] as const;
export type PlanFormat = (typeof planFormats)[number];

/** What a tool would do, without anything that is another each time: no times, no temporary files, one order. */
export interface Plan {
  /** What a person reads before saying yes. Values that the tool marks as sensitive are not in it. */
  readonly text: string;
  /** What is hashed. Two plans with the same one do the same. */
  readonly canonical: string;
  readonly changes: number;
  /** What would be gone, or be made anew, afterwards. */
  readonly destroys: readonly string[];
  /** What somebody changed beside the tool, where the tool says so by itself. */
  readonly drift: readonly string[];
  /** The hosts that it is about, where the tool works on hosts. */
  readonly hosts?: readonly string[];
}

/** `sha256:…` of what would be done. */
export const planHash = ({ canonical }: Plan): string => hashOf(canonical);

/** `sha256:…` of a canonical text. */
export const hashOf = (canonical: string): string =>
  `sha256:${createHash('sha256').update(canonical).digest('hex')}`;

/** A plan that could not be made is not an empty one: it ends with 30. */
export const noPlan = (what: string, detail: string): OperatorError =>
  new OperatorError(
    `No plan can be told: ${what}${detail.trim() === '' ? '' : `:\n${tail(detail)}`}`,
    [
      'Run the plan command by hand and mend what it says.',
      'Until then nobody knows what an apply would do.',
    ],
    { exitCode: exitCode.unknown },
  );

const tail = (text: string): string => text.trim().split('\n').slice(-12).join('\n');

/** Text without colours and without spaces at the ends of lines. */
export const plainText = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex -- the escape that begins a colour
    .replaceAll(/\u001B\[[0-9;]*[A-Za-z]/g, '')
    .replaceAll(/[ \t\r]+$/gm, '');
