import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ReviewPolicy } from './model/review.ts';
import type { Position } from './model/values.ts';
import type { Runbook } from './model.ts';
import { didYouMean } from './nearest.ts';
import { type Node, child, entryOf } from './node.ts';
import { parseYaml } from './parse-yaml.ts';
import { type Problem, inReadingOrder, problem } from './problem.ts';
import { policyOf, reviewedWhere } from './resolve/review.ts';
import { review } from './schema/review.ts';
import { runbookSchema } from './schema.ts';
import { name, text } from './schema/values.ts';
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
  /** Where every runbook needs a review, whatever it says itself. */
  readonly review: ReviewPolicy | null;
}

const overlaySchema = z.strictObject({
  walkback_overlay: z.literal(1, { error: 'This is not version 1 of an overlay' }),
  id: name,
  title: text,
  require: z.array(name).optional(),
  errors: z.array(text).optional(),
  review: review.optional(),
});

/**
 * Reads an overlay; what is wrong with it has its line and column: a block that no runbook can have would refuse them all,
 * and a code that there is not, asks for nothing. `isCode` says which codes lint knows.
 */
export function readOverlay(
  file: string,
  bytes: Uint8Array,
  isCode: (code: string) => boolean,
):
  | { readonly ok: true; readonly overlay: Overlay }
  | { readonly ok: false; readonly problems: readonly Problem[] } {
  const parsed = parseYaml(bytes, file);
  if (!parsed.ok) return parsed;
  const checked = validate(overlaySchema, parsed.root);
  if (!checked.ok) return checked;
  const { id, require = [], errors = [], review: policy } = checked.doc;
  const blocks = Object.keys(runbookSchema.shape);
  const at = (key: string, index: number): Position => child(child(parsed.root, key), index).at;
  const problems = [
    ...require.flatMap((block, index) =>
      blocks.includes(block)
        ? []
        : [
            problem(
              'WB101',
              at('require', index),
              `No runbook has a block \`${block}\`.${didYouMean(block, blocks)}`,
              'Ask for a block of the format.',
            ),
          ],
    ),
    ...errors.flatMap((code, index) =>
      isCode(code)
        ? []
        : [
            problem(
              'WB107',
              at('errors', index),
              `${code} is no code of lint.`,
              'Codes look like WB101; lint prints them.',
            ),
          ],
    ),
  ];
  if (problems.length > 0) return { ok: false, problems: inReadingOrder(problems) };
  const hash = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const asked = policy === undefined ? null : policyOf(policy);
  return { ok: true, overlay: { id, hash, require, errors, review: asked } };
}

/**
 * The runbook as it is run in the organisation: its own review policy, and the organisation’s beside it. Where both ask, a
 * commit’s trailer is proof only where both take it for one. The bytes, and so the hash, are what they were.
 */
export function heldTo(overlay: Overlay | null, runbook: Runbook): Runbook {
  const asked = overlay?.review ?? null;
  if (asked === null) return runbook;
  const own = runbook.review ?? null;
  const asksItself = runbook.environments.some(({ reviewRequired }) => reviewRequired);
  return {
    ...runbook,
    environments: runbook.environments.map((one) => reviewedWhere(asked, one)),
    review: {
      requiredIn: [...new Set([...(own?.requiredIn ?? []), ...asked.requiredIn])],
      byTrailer: asked.byTrailer && (!asksItself || own?.byTrailer === true),
    },
  };
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
