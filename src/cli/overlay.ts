import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../errors.ts';
import { type Overlay, readOverlay } from '../runbook/overlay.ts';
import { formatProblem } from '../runbook/problem.ts';
import { explain } from './lint-rules.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * The overlay of the organisation: the file that `WALKBACK_OVERLAY` names, else `walkback/overlay.yaml` in the person's
 * configuration, else in /etc; null where there is none.
 * @throws OperatorError where one is named that is not there, or is wrong: it is never left out silently
 */
export function overlayHere({ env }: Surroundings): Overlay | null {
  const named = env['WALKBACK_OVERLAY'];
  const config = env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? '/', '.config');
  const usual = [config, '/etc'].map((folder) => join(folder, 'walkback', 'overlay.yaml'));
  const file = named ?? usual.find((one) => existsSync(one));
  if (file === undefined) return null;
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new OperatorError(
      `The overlay ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      ['Correct WALKBACK_OVERLAY, or the permissions of the file.'],
    );
  }
  const read = readOverlay(file, bytes, (code) => explain(code) !== null);
  if (read.ok) return read.overlay;
  throw new OperatorError(`The overlay is wrong:\n${read.problems.map(formatProblem).join('\n')}`, [
    `Correct it: ${file}`,
  ]);
}
