import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonSchemas } from '../runbook/json-schema.ts';

/** Writes `schema/*.json`; with `--check` it only says whether they are as they would be written, by exit code 1. */
function main(args: readonly string[]): number {
  const folder = fileURLToPath(new URL('../../schema/', import.meta.url));
  const only = args.includes('--check');
  let different = 0;
  mkdirSync(folder, { recursive: true });
  for (const { file, make } of jsonSchemas) {
    const path = join(folder, file);
    const wanted = make();
    const there = existsSync(path) ? readFileSync(path, 'utf8') : null;
    if (there === wanted) continue;
    different += 1;
    if (only)
      process.stderr.write(
        `schema/${file} is not what the code says: run \`node src/cli/write-schema.ts\`.\n`,
      );
    else writeFileSync(path, wanted);
  }
  return only && different > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
