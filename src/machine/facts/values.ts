import { z } from 'zod';

/** What facts are made of. */

export const text = z.string();
export const reason = z.string().min(1);
export const by = { by: text };

/** Which step, and inside `each` which items (indices joined by `/`; empty outside). */
export const placeSchema = z.object({ step: z.string(), item: z.string() });
export type Place = Readonly<z.infer<typeof placeSchema>>;

/** `<step>[@item]#<n>`, unique in its session. */
const attempt = z.string();
export const work = { place: placeSchema, attempt };

export const resultSchema = z.enum(['pass', 'fail', 'unknown']);
export type Result = z.infer<typeof resultSchema>;

/** One measurement held against what was expected; `code` says why it is unknown or failed. */
export const readingSchema = z.object({
  subject: text,
  result: resultSchema,
  /** The value as JSON text, or null where there is none. */
  value: text.nullable(),
  expected: text,
  code: text.nullable(),
  detail: text,
  unit: text.nullable(),
});
export type Reading = Readonly<z.infer<typeof readingSchema>>;

/** The exact words and values that a person was shown before they said yes. */
export const shownSchema = z.object({
  title: text,
  /** argv elements as shown, or null for a step that starts no process; a shell step is `['sh','-c',script]`. */
  argv: z.array(text).nullable(),
  /** Names of variables set for the command, with their values; secrets are masked. */
  env: z.record(text, text),
  where: text,
  target: text,
  timeoutMs: z.number(),
  good: text,
  leads: text,
  undo: text,
  warn: text.nullable(),
  why: text.nullable(),
  /** For manual, confirm, approve, decide, notify: the rendered text. */
  body: text.nullable(),
  ponr: z.object({ lost: text }).nullable(),
  /** `none` starts by itself, `yes` takes a key, `name` takes the typed name. */
  confirm: z.enum(['none', 'yes', 'name']),
  /** What must be typed where `confirm` is `name`. */
  name: text.nullable(),
  /** The debt that a release step is about to pay. */
  debt: text.nullable(),
});
export type Shown = Readonly<z.infer<typeof shownSchema>>;

export const openedSchema = z.object({
  key: text,
  id: text,
  title: text,
  ttlMs: z.number().nullable(),
  /** argv of the way back, as it would be shown. */
  release: z.array(text),
});
export type Opened = Readonly<z.infer<typeof openedSchema>>;
