import type { RuleCode } from './rules.ts';

/** A block that a template asks for, and the rule that says so. */
export interface Section {
  readonly block: string;
  readonly code: RuleCode;
}

const people: readonly Section[] = [
  { block: 'owner', code: 'WB721' },
  { block: 'environments', code: 'WB722' },
  { block: 'roles', code: 'WB723' },
  { block: 'probes', code: 'WB724' },
];

/**
 * Templates by name and version. What a version asks for is never changed: a stricter one is a new version. Beside these
 * blocks every template asks that the way begins with a decision, holds a check, and ends.
 */
export const templates = {
  /** A release goes back. */
  'rollback/v1': [...people, { block: 'triggers', code: 'WB725' }, { block: 'decide', code: 'WB726' }],
  /** Something is switched off, and the release stays. */
  'mitigation/v1': people,
} as const satisfies Readonly<Record<string, readonly Section[]>>;

export type TemplateName = keyof typeof templates;

export const templateNames = Object.keys(templates) as TemplateName[];
