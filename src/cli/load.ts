import { basename, dirname, resolve } from 'node:path';
import { systemClock } from '../actions/clock.ts';
import { runbookFiles } from '../actions/runbook-files.ts';
import { OperatorError } from '../errors.ts';
import { prove } from '../machine/proofs.ts';
import { dayOf, unagreed } from '../runbook/agreement.ts';
import { calendarsOver } from '../runbook/lint/calendars.ts';
import { loadFragment, loadRunbook } from '../runbook/load.ts';
import type { Loaded } from '../runbook/load.ts';
import { type Overlay, heldTo, overlaid } from '../runbook/overlay.ts';
import { parseYaml } from '../runbook/parse-yaml.ts';
import type { Problem } from '../runbook/problem.ts';
import { formatProblem, inReadingOrder } from '../runbook/problem.ts';

export type Sound = Extract<Loaded, { ok: true }>;

/** Everything that is wrong with a runbook: its text, its references, and its graph. Starts nothing. */
export const examine = (file: string, overlays: readonly Overlay[] = []): Examined =>
  examineAs(file, null, overlays);

export interface Examined {
  readonly loaded: Loaded;
  readonly problems: readonly Problem[];
}

/** The same as if the file held another text, beside what else is there; null for its own. */
export function examineAs(
  file: string,
  text: string | null,
  overlays: readonly Overlay[],
  load: typeof loadRunbook = loadRunbook,
): Examined {
  const path = resolve(file);
  const files = runbookFiles(dirname(path));
  const own = basename(path);
  const loaded = load(own, {
    ...files,
    read: (name) =>
      name === own && text !== null ? { ok: true, bytes: new TextEncoder().encode(text) } : files.read(name),
  });
  if (!loaded.ok) return { loaded, problems: loaded.problems };
  const now = systemClock().now();
  const over = [...calendarsOver(loaded.runbook, now.ms), ...unagreed(loaded.runbook, dayOf(now.iso))];
  const problems = inReadingOrder([...loaded.warnings, ...over, ...prove(loaded.runbook)]);
  return { loaded, problems: overlays.length === 0 ? problems : asked(overlays, loaded, problems) };
}

function asked(
  overlays: readonly Overlay[],
  { source }: Sound,
  problems: readonly Problem[],
): readonly Problem[] {
  const parsed = parseYaml(new TextEncoder().encode(source.text), source.file);
  return parsed.ok ? overlaid(overlays, parsed.root, source.file, problems) : parsed.problems;
}

/** A runbook, or a fragment by itself: what only its runbook will have is not looked up, and no graph is proved. */
export function examineAny(file: string, overlays: readonly Overlay[] = []): Examined {
  const found = examine(file, overlays);
  if (!found.problems.some(({ code }) => code === 'WB012')) return found;
  const path = resolve(file);
  const alone = loadFragment(basename(path), runbookFiles(dirname(path)));
  if (alone.ok) return { loaded: alone, problems: alone.warnings };
  return alone.problems.some(({ code }) => code === 'WB208')
    ? found
    : { loaded: alone, problems: alone.problems };
}

/**
 * A runbook that may run, held to these overlays; or an error that lists every mistake with its place.
 * @param load where it was loaded ahead
 */
export function loadOrRefuse(
  file: string,
  overlays: readonly Overlay[] = [],
  load: typeof loadRunbook = loadRunbook,
): Sound {
  const { loaded, problems } = examineAs(file, null, overlays, load);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (loaded.ok && errors.length === 0) return { ...loaded, runbook: heldTo(overlays, loaded.runbook) };
  const shown = errors.slice(0, 20).map(formatProblem);
  const more = errors.length > shown.length ? `\n… and ${errors.length - shown.length} more` : '';
  throw new OperatorError(`${file} cannot run:\n${shown.join('\n')}${more}`, [
    `Correct it, then look again: walkback lint ${file}`,
  ]);
}
