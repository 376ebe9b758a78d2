import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'rolldown';

/** Bundles one entry file, JSX and all, into a temporary folder, as the product itself is built. */
export async function bundleEntry(
  input: string,
): Promise<{ readonly file: string; readonly remove: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'walkback-bundle-'));
  await build({
    input: { entry: input },
    platform: 'node',
    external: [/^node:/, 'better-sqlite3', '@lydell/node-pty', 'pg', 'react-devtools-core'],
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    output: { dir, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
    logLevel: 'silent',
  });
  return { file: join(dir, 'entry.mjs'), remove: () => rm(dir, { recursive: true, force: true }) };
}
