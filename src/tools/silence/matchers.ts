import { OperatorError } from '../../errors.ts';
import { compilePattern } from '../../runbook/pattern.ts';

export interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

/** `service=shop`, `severity!=info`, `alertname=~"High.*"`, `team!~"a|b"`, as amtool has them. */
export function matcherOf(text: string): Matcher {
  const [, name, sign, quoted, bare] =
    /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|(.*?))\s*$/s.exec(text) ?? [];
  if (name === undefined || sign === undefined)
    throw new OperatorError(`“${text}” is no matcher.`, [
      'Write label=value, label!=value, label=~pattern or label!~pattern.',
    ]);
  return {
    name,
    value: quoted === undefined ? (bare ?? '') : quoted.replaceAll(/\\(.)/g, '$1'),
    isRegex: sign.endsWith('~'),
    isEqual: sign.startsWith('='),
  };
}

/**
 * Whether a matcher leaves alerts out: an equality with something, or a pattern that matches neither nothing, which is what
 * alerts without the label have, nor what no label ever holds.
 */
export const narrows = (matcher: Matcher): boolean =>
  matcher.isEqual && !holds(matcher, '') && !holds(matcher, '\u{10FFFD} no label holds this');

/** Whether labels are matched; a label that is not there counts as empty, as Alertmanager has it. */
export const matches = (matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): boolean =>
  matchers.every((matcher) => holds(matcher, labels[matcher.name] ?? ''));

/** Whether some alert of which only these labels are known may be matched. */
export const mayMatch = (matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): boolean =>
  matchers.every((matcher) => {
    const known = labels[matcher.name];
    return known === undefined || holds(matcher, known);
  });

function holds({ value, isRegex, isEqual }: Matcher, label: string): boolean {
  if (!isRegex) return (label === value) === isEqual;
  const compiled = compilePattern(`^(?:${value})$`);
  // a pattern that we cannot read may match: a silence is rather told once too often
  return !compiled.ok || compiled.pattern.matcher(label).find() === isEqual;
}

/** Labels that equalities fix: what every alert that the matchers mean has. */
export const fixedLabels = (matchers: readonly Matcher[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    matchers.flatMap(({ name, value, isRegex, isEqual }) => (isEqual && !isRegex ? [[name, value]] : [])),
  );
