import type { Position } from './model/values.ts';
import { type RuleCode, rules } from './rules.ts';

/** One thing wrong with a runbook: what, where, and what to do about it. */
export interface Problem {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly at: Position;
  readonly fix: string;
}

/** A problem with the rule's own severity and, unless a better one is given, the rule's own fix. */
export function problem(
  code: RuleCode,
  at: Position,
  message: string,
  fix: string = rules[code].fix,
): Problem {
  return { code, severity: rules[code].severity, message, at, fix };
}

/** `file:line:column: message [code]`, one line. */
export function formatProblem({ code, message, at, fix }: Problem): string {
  return `${at.file}:${at.line}:${at.column}: ${message} [${code}] ${fix}`;
}

export function inReadingOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted(
    (a, b) =>
      a.at.file.localeCompare(b.at.file) ||
      a.at.line - b.at.line ||
      a.at.column - b.at.column ||
      a.code.localeCompare(b.code),
  );
}
