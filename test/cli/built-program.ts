import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'rolldown';
import type { OutputOptions, RolldownOptions } from 'rolldown';
import packageFile from '../../package.json' with { type: 'json' };

const root = resolve(import.meta.dirname, '../..');
const shelf = join(root, 'node_modules/.cache/walkback-cli-tests');

/**
 * The product as it is shipped: its launcher, its bundles and what lies beside them, built from the sources as they
 * are now. Kept between runs, so that several test files and several runs share one build. Answers the launcher.
 */
export async function builtProgram(): Promise<string> {
  const folder = join(shelf, `build-${newestSource()}`);
  const launcher = join(folder, 'bin/walkback.cjs');
  if (existsSync(launcher)) return launcher;
  const draft = `${folder}.${process.pid}`;
  const { default: bundles } = (await import(join(root, 'rolldown.config.js'))) as {
    readonly default: readonly (RolldownOptions & { readonly output: OutputOptions })[];
  };
  mkdirSync(draft, { recursive: true });
  writeFileSync(
    join(draft, 'package.json'),
    JSON.stringify({ type: 'module', version: packageFile.version }),
  );
  for (const bundle of bundles) {
    await build({
      ...bundle,
      logLevel: 'silent',
      output: { ...bundle.output, dir: join(draft, 'dist') },
    });
  }
  for (const beside of ['runbooks', 'schema']) symlinkSync(join(root, beside), join(draft, beside));
  cpSync(join(root, 'bin'), join(draft, 'bin'), { recursive: true });
  try {
    renameSync(draft, folder);
  } catch {
    rmSync(draft, { recursive: true, force: true }); // another file of tests was quicker
  }
  removeOldBuilds();
  return launcher;
}

const tooOldMs = 30 * 60_000;

/** Another run may still use a build that is only a little older. */
function removeOldBuilds(): void {
  const now = Date.now();
  for (const name of readdirSync(shelf)) {
    const path = join(shelf, name);
    const age = now - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now);
    if (age > tooOldMs) rmSync(path, { recursive: true, force: true });
  }
}

function newestSource(): number {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const all = [
    ...files,
    join(root, 'rolldown.config.js'),
    join(root, 'package.json'),
    join(root, 'bin/walkback.cjs'),
  ];
  return Math.max(...all.map((file) => Math.floor(statSync(file).mtimeMs)));
}
