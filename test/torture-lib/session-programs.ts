import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'rolldown';

/** The programs of the session kill harness, bundled once. */
export interface SessionPrograms {
  readonly folder: string;
  readonly agent: string;
  readonly naiveAgent: string;
  readonly screen: string;
  /** The whole program; made where it is asked for. */
  readonly walkback: string;
  readonly remove: () => void;
}

const external = [/^node:/, 'better-sqlite3', '@lydell/node-pty', 'pg', 'react-devtools-core'];

/** Beside each other, as they are shipped, and inside `node_modules`, where what is not bundled is found. */
export async function bundleSessionPrograms(whole = false): Promise<SessionPrograms> {
  const cache = path.resolve('node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'walkback-kill-'));
  const sources = {
    supervisor: 'src/actions/supervisor/main.ts',
    'sqlite-process': 'src/actions/measure/sqlite-process.ts',
    agent: 'test/fixtures/kill/agent.ts',
    'naive-agent': 'test/fixtures/kill/naive-agent.ts',
    screen: 'test/fixtures/kill/screen.ts',
  };
  const shared = {
    platform: 'node',
    external,
    logLevel: 'silent',
    transform: { define: { 'process.env.NODE_ENV': '"production"', __VERSION__: '"0.0.0"' } },
  } as const;
  for (const [name, source] of Object.entries(sources)) {
    await build({
      ...shared,
      input: source,
      output: { file: path.join(folder, `${name}.js`), codeSplitting: false },
    });
  }
  if (whole) {
    // In pieces, as it is shipped: the full screen and what it needs are loaded where they are used.
    const names = { entryFileNames: '[name].js', chunkFileNames: 'walkback/[name]-[hash].js' };
    await build({ ...shared, input: { walkback: 'src/cli/main.ts' }, output: { dir: folder, ...names } });
  }
  const file = (name: string): string => path.join(folder, `${name}.js`);
  return {
    folder,
    agent: file('agent'),
    naiveAgent: file('naive-agent'),
    screen: file('screen'),
    walkback: file('walkback'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
