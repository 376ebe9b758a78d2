import { delimiter, join } from 'node:path';
import { childEnvironment } from '../actions/environment.ts';
import { shippedFolder } from './program-files.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * What commands and probes find in their environment: what the operator's tools need, and last on the PATH the
 * walkback that runs them. So a runbook may say `[walkback, data, …]` where none is installed, and one that is
 * installed still comes first.
 * @param more what the place adds, for instance the sandbox's addresses; it wins
 */
export function commandEnvironment(
  around: Surroundings,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const env = { ...childEnvironment(around.env), ...more };
  const own = join(shippedFolder(around, 'bin'), 'path');
  return { ...env, PATH: env['PATH'] === undefined ? own : `${env['PATH']}${delimiter}${own}` };
}
