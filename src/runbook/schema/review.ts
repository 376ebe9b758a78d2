import { z } from 'zod';
import { names } from './values.ts';

/** Who has to have looked at the runbook before it runs where it matters. */

export const review = z
  .strictObject({
    required_in: names.min(1).meta({ description: 'Environments that it runs in only once it is reviewed.' }),
    trailer: z.literal('Reviewed-by').optional().meta({
      description: 'The commit that brought each file in names its reviewer in this trailer.',
    }),
    author_may_not_review: z
      .literal(true, { error: 'Somebody else reviews, always: leave it out or say true' })
      .optional(),
  })
  .meta({ id: 'review', description: 'Where a review is required, and what proves it.' });
