import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ReviewPolicy } from './model/review.ts';
import type { Position } from './model/values.ts';
import type { Environment, Runbook } from './model.ts';
import { didYouMean } from './nearest.ts';
import { type Node, child, entryOf } from './node.ts';
import { parseYaml } from './parse-yaml.ts';
import { type Problem, inReadingOrder, problem } from './problem.ts';
import { isProductionEnvironment, namesProduction } from './production.ts';
import { policyOf } from './resolve/review.ts';
import { review } from './schema/review.ts';
import { runbookSchema } from './schema.ts';
import { name, text } from './schema/values.ts';
import { validate } from './validate.ts';

/** What an organisation asks of every runbook, beside what its template asks for. */
export interface Overlay {
  readonly id: string;
  /** Where it lies: said wherever it forbids something. */
  readonly file: string;
  /** `sha256:…` over the file. */
  readonly hash: string;
  /** Blocks that a runbook has to have. */
  readonly require: readonly string[];
  /** Codes of warnings that are errors here. */
  readonly errors: readonly string[];
  /** Where every runbook needs a review, whatever it says itself. */
  readonly review: ReviewPolicy | null;
}

export const overlaySchema = z.strictObject({
  walkback_overlay: z
    .literal(1, { error: 'This is not version 1 of an overlay' })
    .meta({ description: 'Version of the format.' }),
  id: name.meta({ description: 'Its name: recorded with every session that is held to it.' }),
  title: text,
  require: z.array(name).optional().meta({
    description: 'Blocks of the top level that every runbook has to have; one that is missing is WB731.',
  }),
  errors: z.array(text).optional().meta({
    description: 'Codes of lint whose warnings are errors here, for example WB707.',
  }),
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
  return { ok: true, overlay: { id, file, hash, require, errors, review: asked } };
}

/** How an overlay is named wherever it asks for something: whoever is kept from going on has to know by what. */
export const overlayNamed = ({ id, file }: Pick<Overlay, 'id' | 'file'>): string =>
  `the overlay \`${id}\` (${file})`;

/**
 * The runbook as it is run under these overlays: its own review policy, and theirs beside it. Where several ask, a commit’s
 * trailer is proof only where all of them take it for one. The bytes, and so the hash, are what they were.
 */
export const heldTo = (overlays: readonly Overlay[], runbook: Runbook): Runbook =>
  overlays.reduce(heldToOne, runbook);

function heldToOne(runbook: Runbook, overlay: Overlay): Runbook {
  const { review: asked } = overlay;
  if (asked === null) return runbook;
  const own = runbook.review ?? null;
  const asksItself = runbook.environments.some(({ reviewRequired }) => reviewRequired);
  return {
    ...runbook,
    environments: runbook.environments.map((one) =>
      asksForReview(asked, one)
        ? {
            ...one,
            reviewRequired: true,
            reviewAskedBy: [...(one.reviewAskedBy ?? []), overlayNamed(overlay)],
          }
        : one,
    ),
    review: {
      requiredIn: [...new Set([...(own?.requiredIn ?? []), ...asked.requiredIn])],
      byTrailer: asked.byTrailer && (!asksItself || own?.byTrailer === true),
    },
  };
}

/** An overlay knows no runbook: what it says of `production` is said of every environment that is production. */
const asksForReview = (
  { requiredIn }: ReviewPolicy,
  environment: Pick<Environment, 'id' | 'confirmName'>,
): boolean =>
  requiredIn.includes(environment.id) ||
  (requiredIn.some(namesProduction) && isProductionEnvironment(environment));

/** A place to run in, as far as a review is concerned. */
export type ReviewedPlace = Pick<Environment, 'id' | 'reviewRequired' | 'reviewAskedBy'>;

/**
 * What overlays ask of a place that no runbook describes: one by its name, or null where nobody says where it is. Then it
 * could be any, so a review is asked for as soon as one is asked for anywhere.
 */
export function heldPlace(overlays: readonly Overlay[], name: string | null): ReviewedPlace {
  const asking = overlays.filter(
    ({ review: asked }) =>
      asked !== null && (name === null || asksForReview(asked, { id: name, confirmName: false })),
  );
  return {
    id: name ?? 'an environment that nobody names',
    reviewRequired: asking.length > 0,
    reviewAskedBy: asking.map(overlayNamed),
  };
}

/** The problems of a runbook under these overlays: warnings that are errors here, and blocks that it misses. */
export function overlaid(
  overlays: readonly Overlay[],
  root: Node,
  file: string,
  problems: readonly Problem[],
): readonly Problem[] {
  const raised = problems.map((one): Problem => {
    const by = overlays.find(({ errors }) => errors.includes(one.code));
    if (by === undefined || one.severity === 'error') return one;
    return { ...one, severity: 'error', message: `${one.message} (An error by ${overlayNamed(by)}.)` };
  });
  const missing = overlays.flatMap((overlay) =>
    overlay.require
      .filter((block) => entryOf(root, block) === null)
      .map((block) =>
        problem(
          'WB731',
          { ...root.at, file },
          `${overlayNamed(overlay).replace('the', 'The')} asks for \`${block}\`.`,
          `Add \`${block}:\` at the top level.`,
        ),
      ),
  );
  return inReadingOrder([...raised, ...missing]);
}
