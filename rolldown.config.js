import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** Native or optional packages stay outside; everything else is in the bundles, so that starting reads few files. */
const external = [/^node:(?!http$)/, 'better-sqlite3', '@lydell/node-pty', 'pg', 'react-devtools-core'];

/**
 * `import … from 'node:http'` reads every export of it, among them getters that load the whole of `fetch`: 40 ms of
 * computing in each process, and every command of the sandbox is one. So only what is used is read.
 */
const leanHttp = {
  name: 'lean-http',
  resolveId: (id) => (id === 'node:http' ? { id: '\0lean-http', moduleSideEffects: false } : null),
  load: (id) =>
    id === '\0lean-http'
      ? "export const { Agent, createServer, request } = process.getBuiltinModule('node:http');"
      : null,
};

const shared = {
  platform: 'node',
  plugins: [leanHttp],
  external,
  treeshake: { moduleSideEffects: false },
  transform: { define: { 'process.env.NODE_ENV': '"production"', __VERSION__: JSON.stringify(version) } },
};

const bundle = (name, input, more = {}) => ({
  ...shared,
  input: { [name]: input },
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: `${name}/[name]-[hash].js`,
    minify: 'dce-only',
    ...more,
  },
});

export default defineConfig([
  bundle('walkback', 'src/cli/main.ts'),
  bundle('supervisor', 'src/actions/supervisor/main.ts'),
  bundle('sandbox', 'src/sandbox/main.ts'),
  bundle('sqlite-process', 'src/actions/measure/sqlite-process.ts'),
]);
