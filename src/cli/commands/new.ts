import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';
import { formatRunbook } from '../../runbook/format/format.ts';
import type { Overlay } from '../../runbook/overlay.ts';
import { formatProblem } from '../../runbook/problem.ts';
import { discover } from '../../tools/discover/discover.ts';
import { inertLine } from '../inert-line.ts';
import { examine, loadOrRefuse } from '../load.ts';
import { overlaysHere } from '../trust/overlay.ts';
import { shippedFolder } from '../program-files.ts';
import type { Surroundings } from '../surroundings.ts';

export interface NewFlags {
  readonly from: string;
  readonly discover?: true;
  readonly deployment?: string;
  readonly prometheus?: string;
}

/** `walkback new`: a runbook of one's own from a template or a reference runbook; never over a file that exists. */
export async function create(around: Surroundings, name: string, flags: NewFlags): Promise<number> {
  const folder = shippedFolder(around, 'runbooks');
  const known = new Map([...templatesIn(join(folder, 'templates')), ...templatesIn(folder)]);
  if (flags.from === 'list') {
    around.write(`${[...known.keys()].join('\n')}\n`);
    return exitCode.done;
  }
  const source = known.get(flags.from);
  if (source === undefined) {
    throw new OperatorError(`There is no template ${inertLine(flags.from)}.`, [
      `There are: ${[...known.keys()].join(', ')}.`,
    ]);
  }
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) {
    throw new OperatorError(`“${inertLine(name)}” cannot be a runbook’s name.`, [
      'Use lower-case letters, digits and _, beginning with a letter: api_rollback',
    ]);
  }
  const file = resolve(around.cwd, `${name}.yaml`);
  if (existsSync(file))
    throw new OperatorError(`${file} exists already.`, ['Choose another name, or edit that file.']);
  const overlays = overlaysHere(around); // before anything is written: one that is wrong is refused
  const text = readFileSync(source, 'utf8');
  const made = flags.discover === true ? await discovered(around, name, text, flags) : named(text, name);
  const copied = copyBeside(source, around.cwd);
  writeFileSync(file, made, { flag: 'wx' });
  around.write(`${file}\n`);
  const beside = copied.length === 0 ? '' : ` (with ${copied.join(', ')})`;
  around.warn(
    flags.discover === true
      ? `walkback: read its first lines, then: walkback lint ${name}.yaml · walkback check ${name}.yaml${beside}\n`
      : `walkback: edit it, then: walkback lint ${name}.yaml · walkback plan ${name}.yaml · walkback run ${name}.yaml${beside}\n`,
  );
  for (const line of stillAsked(file, overlays))
    around.warn(`walkback: still asked for: ${inertLine(line)}\n`);
  return exitCode.done;
}

const templatesIn = (folder: string): readonly (readonly [string, string])[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => [file.slice(0, -'.yaml'.length), join(folder, file)] as const);

const named = (text: string, name: string): string => text.replaceAll(/^id: .*$/gm, `id: ${name}`);

async function discovered(
  around: Surroundings,
  name: string,
  text: string,
  flags: NewFlags,
): Promise<string> {
  const made = await discover({
    text,
    name,
    deployment: flags.deployment ?? null,
    prometheus: flags.prometheus ?? around.env['PROMETHEUS_URL'] ?? null,
    place: { cwd: around.cwd, env: around.env, timeoutMs: 10_000 },
  });
  for (const line of made.skipped) around.warn(`walkback: not looked at: ${inertLine(line)}\n`);
  const formatted = formatRunbook(new TextEncoder().encode(made.text), `${name}.yaml`);
  return formatted.ok ? formatted.text : made.text;
}

/** All that a runbook runs and uses, fragments and scripts, beside it; what is there already is left as it is. */
function copyBeside(source: string, to: string): readonly string[] {
  const { closure, file } = loadOrRefuse(source).runbook;
  return closure.flatMap(({ path }) => {
    const target = join(to, path);
    if (path === file || existsSync(target)) return [];
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(dirname(source), path), target); // with its mode: a script stays one
    return [path];
  });
}

/** What the organisation asks for and the new runbook has not: better said now than at its first run. */
function stillAsked(file: string, overlays: readonly Overlay[]): readonly string[] {
  if (overlays.length === 0) return [];
  const { problems } = examine(file, overlays);
  return problems.filter(({ severity }) => severity === 'error').map(formatProblem);
}
