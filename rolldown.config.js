import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** Native or optional packages stay outside; everything else is in the bundles, so that starting reads few files. */
const external = [
  /^node:(?!(crypto|http|process)$)/,
  'better-sqlite3',
  '@lydell/node-pty',
  'pg',
  'react-devtools-core',
];

/**
 * What is used of built-in modules that cost time to import. `import` reads every export of such a module, getters
 * included: those of `http` load the whole of `fetch` (40 ms of computing, and every command of the sandbox is a
 * process), those of `process` open the standard streams. A name that is missing here fails the build.
 */
const used = {
  'node:crypto': ['createHash', 'hash', 'randomBytes', 'randomInt', 'randomUUID', 'timingSafeEqual'],
  'node:http': ['Agent', 'createServer', 'request'],
  'node:process': ['cwd', 'env', 'execArgv', 'execPath', 'hrtime', 'platform'],
};

const leanBuiltins = {
  name: 'lean-builtins',
  resolveId: (id) => (id in used ? { id: id.replace('node:', '\0lean-'), moduleSideEffects: false } : null),
  load(id) {
    const name = id.replace('\0lean-', 'node:');
    if (!id.startsWith('\0lean-') || !(name in used)) return null;
    return `const all = process.getBuiltinModule('${name}');
export default all;
export const { ${used[name].join(', ')} } = all;`;
  },
};

/** Yoga carries its WebAssembly as text and fetches it from itself, which loads `fetch`; it is decoded in place instead. */
const yogaInPlace = {
  name: 'yoga-in-place',
  transform(code, id) {
    if (!id.endsWith('yoga-wasm-base64-esm.js')) return null;
    const start = 'function ya(){';
    if (!code.includes(`${start}return w||`))
      throw new Error('Yoga loads its WebAssembly in another way now');
    return code.replace(start, `${start}w=Buffer.from(H.slice(37),"base64");`);
  },
};

const shared = {
  platform: 'node',
  plugins: [leanBuiltins, yogaInPlace],
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
