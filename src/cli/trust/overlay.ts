import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../../errors.ts';
import type { FactOf } from '../../machine/facts.ts';
import { type Overlay, readOverlay } from '../../runbook/overlay.ts';
import { formatProblem } from '../../runbook/problem.ts';
import { explain } from '../lint-rules.ts';
import type { Surroundings } from '../surroundings.ts';

/**
 * What holds for every runbook here: the overlay of the machine in /etc, and beside it the one that `WALKBACK_OVERLAY` names,
 * else `walkback/overlay.yaml` in the person's configuration. All of them hold: a person's own never takes the place of
 * the organisation's.
 * @throws OperatorError where one is named that is not there, cannot be read, or is wrong: it is never left out silently
 */
export function overlaysHere({ env, systemFolder }: Surroundings): readonly Overlay[] {
  const named = env['WALKBACK_OVERLAY'];
  const config = env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? '/', '.config');
  const files = [
    { file: join(systemFolder, 'walkback', 'overlay.yaml'), mayBeMissing: true },
    named === undefined
      ? { file: join(config, 'walkback', 'overlay.yaml'), mayBeMissing: true }
      : { file: named, mayBeMissing: false },
  ];
  const overlays = files.flatMap(({ file, mayBeMissing }) => overlayIn(file, mayBeMissing) ?? []);
  return overlays.filter(({ hash }, index) => overlays.findIndex((one) => one.hash === hash) === index);
}

/** How a session records them; nothing where there are none. */
export const recordedOverlays = (
  overlays: readonly Overlay[],
): Pick<FactOf<'session.started'>, 'overlays'> =>
  overlays.length === 0 ? {} : { overlays: overlays.map(({ id, hash, file }) => ({ id, hash, file })) };

function overlayIn(file: string, mayBeMissing: boolean): Overlay | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (mayBeMissing && (code === 'ENOENT' || code === 'ENOTDIR')) return null;
    throw new OperatorError(
      `The overlay ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      [
        mayBeMissing
          ? 'Correct the permissions of the file.'
          : 'Correct WALKBACK_OVERLAY, or the permissions of the file.',
      ],
    );
  }
  const read = readOverlay(file, bytes, (code) => explain(code) !== null);
  if (read.ok) return read.overlay;
  throw new OperatorError(`The overlay is wrong:\n${read.problems.map(formatProblem).join('\n')}`, [
    `Correct it: ${file}`,
  ]);
}
