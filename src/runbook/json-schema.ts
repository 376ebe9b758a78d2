import { z } from 'zod';
import { overlaySchema } from './overlay.ts';
import { describedFragment, describedRunbook } from './schema.ts';

/** The schemas that editors use, made from the same source that checks what they describe. Draft 7: what editors know. */
export const jsonSchemas: readonly { readonly file: string; readonly make: () => string }[] = [
  { file: 'runbook.schema.json', make: () => text(describedRunbook(), 'A walkback runbook, version 1') },
  {
    file: 'fragment.schema.json',
    make: () => text(describedFragment(), 'Steps for walkback runbooks, version 1'),
  },
  {
    file: 'overlay.schema.json',
    make: () => text(overlaySchema, 'What an organisation asks of every walkback runbook, version 1'),
  },
];

function text(schema: z.ZodType, title: string): string {
  const made = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    cycles: 'ref',
  });
  return `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', title, ...made }, null, 2)}\n`;
}
