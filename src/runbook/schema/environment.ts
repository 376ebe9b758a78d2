import { z } from 'zod';
import { check, command } from './measures.ts';
import { name, scalar } from './values.ts';

/** Where a runbook runs, and what is asked of it there. */

const fault = z.strictObject({ id: name, arm: command, disarm: command, proof: check });

export const environment = z
  .strictObject({
    values: z.record(name, scalar).optional(),
    guard: check.optional(),
    review: z.enum(['required', 'optional']).optional(),
    change: z.strictObject({ class: z.enum(['standard', 'normal', 'emergency']) }).optional(),
    confirm: z.enum(['name', 'yes']).optional(),
    drill: z.strictObject({ token: check, faults: z.array(fault).optional() }).optional(),
  })
  .meta({ id: 'environment' });
