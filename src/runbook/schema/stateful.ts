import { z } from 'zod';
import { probe } from './measures.ts';
import { name, names, text } from './values.ts';

/** What is stored, and what the release that goes back can read of it. */

const format = z.union([z.int().min(0), text]);
const formats = z.array(format).min(1);

const release = z.strictObject({ version: text, reads: formats, writes: format });

export const stateful = z
  .array(
    z
      .strictObject({
        id: name,
        title: text.optional(),
        format: z.union([name, probe]).meta({
          description: 'Measures which formats are stored: one value, or a list. Nothing stored is readable.',
        }),
        target_reads: formats.meta({ description: 'Formats that the release that goes back can read.' }),
        else: z.enum(['drain', 'convert', 'restore']).meta({
          description: 'What makes it readable where it is not; shown where the guard refuses.',
        }),
        guards: names.min(1).meta({
          description: 'Steps that start that release: none of them runs before this is readable.',
        }),
        releases: z
          .array(release)
          .min(2)
          .optional()
          .meta({ description: 'Oldest first: a format has to be read one release before it is written.' }),
      })
      .meta({ id: 'stateful' }),
  )
  .min(1);
