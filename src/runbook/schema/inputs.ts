import { z } from 'zod';
import { probe } from './measures.ts';
import { argv, rule, scalar, text } from './values.ts';

/** What a runbook asks for, and what a fragment is given by `with`. */

const inputTypes = ['string', 'number', 'boolean', 'version', 'duration', 'secret'] as const;

const input = z
  .strictObject({
    type: z.enum(inputTypes),
    ask: text.optional(),
    example: z.string().optional(),
    env: text.optional(),
    value: scalar.optional(),
    from: probe.optional(),
  })
  .refine((value) => !('example' in value) || 'ask' in value, rule('WB108', '`example` belongs to `ask`'));

/** A list of words that a fragment puts into its own commands: `run: ['${{ inputs.pause }}']`. */
const argvInput = z.strictObject({ type: z.literal('argv'), value: argv.optional() });

const origins = ['ask', 'env', 'value', 'from'] as const;

export const runbookInput = input
  .refine(
    (value) => origins.filter((key) => key in value).length === 1,
    rule('WB108', `An input has exactly one of: ${origins.join(', ')}`),
  )
  .meta({ id: 'input' });

/** Bound by `with`; a `value` stands for it where `with` says nothing. */
export const fragmentInput = z
  .discriminatedUnion('type', [
    argvInput,
    input.refine(
      (value) => !('ask' in value) && !('env' in value) && !('from' in value),
      rule('WB108', 'An input of a fragment has a `type` and perhaps a `value`; `with` gives it'),
    ),
  ])
  .meta({ id: 'fragment_input' });
