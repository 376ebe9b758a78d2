import { OperatorError } from '../../errors.ts';
import { parseDuration } from '../../runbook/duration.ts';
import { inertLine } from '../inert-line.ts';

export const textOf = (lines: readonly string[]): string => `${lines.map(inertLine).join('\n')}\n`;

export function duration(flag: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0) return ms;
  throw new OperatorError(`${flag} ${inertLine(text)} is no duration.`, ['Write one like 10s or 500ms.']);
}
