import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'rolldown';

/** The programs of the session kill harness, bundled once. */
export interface SessionPrograms {
  readonly folder: string;
  readonly agent: string;
  readonly naiveAgent: string;
  readonly screen: string;
  readonly remove: () => void;
}

const external = [/^node:/, 'better-sqlite3', '@lydell/node-pty', 'pg', 'react-devtools-core'];

/** Beside each other, as they are shipped, and inside `node_modules`, where what is not bundled is found. */
export async function bundleSessionPrograms(): Promise<SessionPrograms> {
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
  for (const [name, source] of Object.entries(sources)) {
    await build({
      input: source,
      platform: 'node',
      external,
      logLevel: 'silent',
      transform: { define: { 'process.env.NODE_ENV': '"production"', __VERSION__: '"0.0.0"' } },
      output: { file: path.join(folder, `${name}.js`), format: 'esm', codeSplitting: false },
    });
  }
  const file = (name: keyof typeof sources): string => path.join(folder, `${name}.js`);
  return {
    folder,
    agent: file('agent'),
    naiveAgent: file('naive-agent'),
    screen: file('screen'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
