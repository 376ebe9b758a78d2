import { z } from 'zod';
import { isDay } from '../day.ts';
import { durationPattern, parseDuration } from '../duration.ts';
import { hasPlaces } from '../template.ts';
import type { RuleCode } from '../rules.ts';

/** The small values of the format. No schema here transforms anything: what was written is what comes out. */

/** Carries the rule that a refusal belongs to through zod's issues. */
export const rule = (
  code: RuleCode,
  message: string,
): { readonly message: string; readonly params: { readonly rule: RuleCode } } => ({
  message,
  params: { rule: code },
});

const namePattern = /^[a-z][a-z0-9_]{0,63}$/;

export const name = z
  .string()
  .refine(
    (text) => namePattern.test(text),
    rule('WB106', 'is not a name: small letters, digits and `_`, starting with a letter'),
  )
  .meta({ pattern: namePattern.source });

export const text = z.string().refine((value) => value.trim() !== '', rule('WB102', 'is empty'));

/** A text that may hold `${{ … }}`. */
export const template = text.meta({
  description: 'Text; `${{ … }}` is replaced by the value of that expression.',
});

/** A CEL expression. */
export const expression = text.meta({ description: 'An expression (CEL).' });

/** In a fragment it may be one of its inputs; in the resolved runbook it is a duration. */
export const duration = z
  .string()
  .refine(
    (value) => parseDuration(value) !== null || hasPlaces(value),
    rule('WB105', 'is not a duration: write 250ms, 10s, 5m, 1h30m or 2d'),
  )
  .meta({
    pattern: `${durationPattern.source}|^\\$\\{\\{.*\\}\\}$`,
    examples: ['250ms', '10s', '5m', '1h30m'],
  });

const sharePattern = /^\d{1,3}(?:\.\d{1,6})?\s?%$/;

/** A share from 0 to 1 of `2%`; null for anything else. */
export function parseShare(text: string): number | null {
  const per = sharePattern.test(text) ? Number.parseFloat(text) / 100 : NaN;
  return per > 0 && per <= 1 ? per : null;
}

/** A tolerance as a share of a median, which may be more than the whole: 0.25 of `25%`; null for anything else. */
export function parseTolerance(text: string): number | null {
  const number = /^\d{1,4}(?:\.\d{1,3})?%$/.test(text) ? Number.parseFloat(text) / 100 : NaN;
  return Number.isNaN(number) ? null : number;
}

export const share = z
  .string()
  .refine((value) => parseShare(value) !== null, rule('WB102', 'is not a share like 2%'))
  .meta({ pattern: sharePattern.source, examples: ['2%'] });

export const day = z.string().refine(isDay, rule('WB102', 'is not a day like 2026-12-31'));

export const scalar = z.union([z.string(), z.number(), z.boolean()]);

export const argv = z
  .array(z.string())
  .min(1)
  .meta({ description: 'The program and its arguments: no shell, no quoting. Numbers stand in quotes.' });

export const count = z.int().min(1).max(10_000);
/** Whether true, or in a fragment one of its inputs. */
export const flag = z.boolean();

const outcomes = [
  'rolled_back',
  'mitigated',
  'rolled_forward',
  'not_needed',
  'not_possible',
  'aborted',
] as const;
export const outcome = z.enum(outcomes);

export const names = z.array(name);

/** Checks that exactly one of some keys is there. */
export function exactlyOne<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  keys: readonly (keyof Shape & string)[],
  what: string,
): z.ZodObject<Shape, z.core.$strict> {
  return schema
    .refine(
      (value) => keys.filter((key) => key in value).length === 1,
      rule('WB108', `${what} has exactly one of: ${keys.join(', ')}`),
    )
    .meta({ oneOf: keys.map((key) => ({ required: [key] })) });
}

export const where = z
  .union([
    z.enum(['workstation', 'browser', 'chat']),
    exactlyOne(
      z.strictObject({ ssh: template.optional(), pod: template.optional(), container: template.optional() }),
      ['ssh', 'pod', 'container'],
      '`where`',
    ),
  ])
  .meta({ description: 'Where it is done; this machine unless said otherwise.' });

export const environmentVariables = z.record(
  z
    .string()
    .refine(
      (key) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(key),
      rule('WB106', 'is not the name of an environment variable'),
    ),
  z.string(),
);
