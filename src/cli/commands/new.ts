import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';
import { shippedFolder } from '../program-files.ts';
import type { Surroundings } from '../surroundings.ts';

/** `walkback new`: a runbook of one's own from a template; never over a file that exists. */
export function create(around: Surroundings, name: string, flags: { readonly from: string }): number {
  const folder = join(shippedFolder(around, 'runbooks'), 'templates');
  const templates = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length));
  if (flags.from === 'list') {
    around.write(`${templates.join('\n')}\n`);
    return exitCode.done;
  }
  if (!templates.includes(flags.from)) {
    throw new OperatorError(`There is no template ${flags.from}.`, [`There are: ${templates.join(', ')}.`]);
  }
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) {
    throw new OperatorError(`“${name}” cannot be a runbook’s name.`, [
      'Use lower-case letters, digits and _, beginning with a letter: api_rollback',
    ]);
  }
  const file = resolve(around.cwd, `${name}.yaml`);
  if (existsSync(file))
    throw new OperatorError(`${file} exists already.`, ['Choose another name, or edit that file.']);
  const text = readFileSync(join(folder, `${flags.from}.yaml`), 'utf8').replaceAll(
    /^id: .*$/gm,
    `id: ${name}`,
  );
  writeFileSync(file, text, { flag: 'wx' });
  around.write(`${file}\n`);
  around.warn(
    `walkback: edit it, then: walkback lint ${name}.yaml · walkback plan ${name}.yaml · walkback run ${name}.yaml\n`,
  );
  return exitCode.done;
}
