import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Surroundings } from './surroundings.ts';

const sources = {
  supervisor: 'actions/supervisor/main.ts',
  sandbox: 'sandbox/main.ts',
  'sqlite-process': 'actions/measure/sqlite-process.ts',
  walkback: 'cli/main.ts',
} as const;

/** A program of ours that runs as its own process: its bundle, or its source where nothing is built. */
export function programFile(around: Pick<Surroundings, 'programFolder'>, name: keyof typeof sources): string {
  const bundle = join(around.programFolder, `${name}.js`);
  return existsSync(bundle) ? bundle : join(around.programFolder, '..', sources[name]);
}

/** The folder with what ships beside the program. */
export const shippedFolder = (
  around: Pick<Surroundings, 'programFolder'>,
  name: 'bin' | 'runbooks' | 'schema',
): string => {
  const built = join(around.programFolder, '..', name);
  return existsSync(built) ? built : join(around.programFolder, '..', '..', name);
};
