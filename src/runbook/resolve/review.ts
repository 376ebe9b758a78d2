import type { ReviewPolicy } from '../model/review.ts';
import type { Environment } from '../model.ts';
import { type Node, child } from '../node.ts';
import type { RunbookDoc } from '../schema.ts';
import { type Context, known } from './context.ts';

/** The policy of reviews; the environments that it names have to be there. */
export function reviewOf(context: Context, doc: RunbookDoc, node: Node): ReviewPolicy | null {
  if (doc.review === undefined) return null;
  const list = child(node, 'required_in');
  const environments = new Set(Object.keys(doc.environments ?? {}));
  for (const [index, name] of doc.review.required_in.entries())
    known(context, 'WB315', 'environment', name, environments, child(list, index).at);
  return policyOf(doc.review);
}

/** What a `review` block says. */
export const policyOf = (block: NonNullable<RunbookDoc['review']>): ReviewPolicy => ({
  requiredIn: block.required_in,
  byTrailer: block.trailer !== undefined,
});

/** An environment asks for a review by itself, or the policy asks for it. */
export const reviewedWhere = (policy: ReviewPolicy | null, environment: Environment): Environment =>
  policy?.requiredIn.includes(environment.id) === true
    ? { ...environment, reviewRequired: true }
    : environment;
