import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Node, entryOf } from './node.ts';
import { parseYaml } from './parse-yaml.ts';
import { type Problem, inReadingOrder, problem } from './problem.ts';
import { name, text } from './schema-values.ts';
import { validate } from './validate.ts';

/** What an organisation asks of every runbook, beside what its template asks for. */
export interface Overlay {
  readonly id: string;
  /** `sha256:…` over the file. */
  readonly hash: string;
  /** Blocks that a runbook has to have. */
  readonly require: readonly string[];
  /** Codes of warnings that are errors here. */
  readonly errors: readonly string[];
}

const overlaySchema = z.strictObject({
  walkback_overlay: z.literal(1, { error: 'This is not version 1 of an overlay' }),
  id: name,
  title: text,
  require: z.array(name).optional(),
  errors: z.array(text).optional(),
});

/** Reads an overlay; what is wrong with it has its line and column. */
export function readOverlay(
  file: string,
  bytes: Uint8Array,
):
  | { readonly ok: true; readonly overlay: Overlay }
  | { readonly ok: false; readonly problems: readonly Problem[] } {
  const parsed = parseYaml(bytes, file);
  if (!parsed.ok) return parsed;
  const checked = validate(overlaySchema, parsed.root);
  if (!checked.ok) return checked;
  const { id, require = [], errors = [] } = checked.doc;
  const hash = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { ok: true, overlay: { id, hash, require, errors } };
}

/** The problems of a runbook as the organisation sees them: warnings that are errors here, and blocks that it misses. */
export function overlaid(
  overlay: Overlay,
  root: Node,
  file: string,
  problems: readonly Problem[],
): readonly Problem[] {
  const raised = problems.map((one): Problem =>
    overlay.errors.includes(one.code) ? { ...one, severity: 'error' } : one,
  );
  const missing = overlay.require
    .filter((block) => entryOf(root, block) === null)
    .map((block) =>
      problem(
        'WB731',
        { ...root.at, file },
        `The overlay \`${overlay.id}\` asks for \`${block}\`.`,
        `Add \`${block}:\` at the top level.`,
      ),
    );
  return inReadingOrder([...raised, ...missing]);
}
