import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { promisify } from 'node:util';
import { defineConfig } from 'rolldown';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** Native or optional packages stay outside; everything else is in the bundles, so that starting reads few files. */
const external = ['better-sqlite3', '@lydell/node-pty', 'pg', 'react-devtools-core'];

/** Built-in modules that Node loads where somebody uses them: their functions are looked up when they are called. */
const loadedLate = new Set(['child_process', 'crypto', 'http', 'net', 'zlib']);

/**
 * Built-in modules, of which only what is used is read. `import` reads every export of such a module, getters included:
 * those of `http` load the whole of `fetch` (40 ms of computing, and every command of the sandbox is a process), those of
 * `process` open the standard streams, those of `util` load what compares texts. A name that does not exist fails the build.
 */
const leanBuiltins = {
  name: 'lean-builtins',
  resolveId(id, importer = '', { kind }) {
    if (!isBuiltin(id) || kind !== 'import-statement') return null;
    // each package has its own: what one uses of a module is not loaded with another
    const own = /\/node_modules\/((?:@[^/]+\/)?[^/]+)/u.exec(importer)?.[1] ?? 'walkback';
    return { id: `\0lean-${id.replace('node:', '')}?${own}`, moduleSideEffects: false };
  },
  load(id) {
    const [, name] = /^\0lean-([^?]+)/u.exec(id) ?? [];
    if (name === undefined) return null;
    const late = (key, value) =>
      loadedLate.has(name) &&
      typeof value === 'function' &&
      /^[a-z]/u.test(key) && // no class
      value[promisify.custom] === undefined;
    const exported = Object.entries(process.getBuiltinModule(name)).filter(
      ([key]) => /^[A-Za-z_$][\w$]*$/u.test(key) && key !== 'default',
    );
    const found = `/* @__PURE__ */ process.getBuiltinModule('node:${name}')`;
    return [
      loadedLate.has(name)
        ? `export default /* @__PURE__ */ new Proxy({}, { get: (_, key) => ${found}[key] });`
        : `export default ${found};`,
      `const all = ${found};`,
      ...exported.map(([key, value]) =>
        late(key, value)
          ? `export const ${key} = (...given) => process.getBuiltinModule('node:${name}').${key}(...given);`
          : `export const ${key} = all.${key};`,
      ),
    ].join('\n');
  },
};

/** Packages that few runs need, with what we use of them: their code runs when it is first used, not when it is loaded. */
const late = {
  croner: ['Cron'],
  execa: ['execa', 'execaNode'],
  'ical.js': ['default'],
  re2js: ['RE2JS'],
  'rrule-temporal': ['RRuleTemporal'],
  'temporal-polyfill': ['Temporal'],
};

const latePackages = {
  name: 'late-packages',
  resolveId(id, importer = '', { kind }) {
    if (!Object.hasOwn(late, id) || kind !== 'import-statement' || !importer.startsWith(source('')))
      return null;
    return { id: `\0late-${id}`, moduleSideEffects: false };
  },
  async load(id) {
    const [, name] = /^\0late-(.+)/u.exec(id) ?? [];
    if (name === undefined) return null;
    // the file that an import would get: for `require` some packages have another one, of another shape
    const file = await this.resolve(name, source('cli/main.ts'), { kind: 'import-statement' });
    const standsFor = (key) => `/* @__PURE__ */ new Proxy(function () {}, {
      apply: (_, self, given) => found().${key}.apply(self, given),
      construct: (_, given) => new (found().${key})(...given),
      get: (_, name) => found().${key}[name],
    })`;
    return [
      'let loaded;',
      `const found = () => (loaded ??= require(${JSON.stringify(file.id)}));`,
      ...late[name].map((key) =>
        key === 'default' ? `export default ${standsFor(key)};` : `export const ${key} = ${standsFor(key)};`,
      ),
    ].join('\n');
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

/**
 * Ink measures and cuts every text by all the rules of Unicode, and to get those ready takes as long as to start Node. What
 * it draws is nearly always made of narrow characters: those are told first, the rules are asked about other texts only.
 */
const narrowFirst = {
  name: 'narrow-first',
  transform(code, id) {
    if (!id.includes('/node_modules/') || !code.includes('new Intl.Segmenter(')) return null;
    if (/granularity: '(?!grapheme')/u.test(code)) throw new Error(`${id} cuts texts into something else`);
    const cutting = code.replaceAll('new Intl.Segmenter(', 'graphemeSegmenter(');
    const own = `import { graphemeSegmenter, isNarrow } from '${source('report/graphemes.ts')}';\n`;
    return own + (id.endsWith('/string-width/index.js') ? measuredNarrowFirst(cutting) : cutting);
  },
};

/** string-width as a function that is made when a text needs it; a narrow one is as wide as it is long. */
function measuredNarrowFirst(code) {
  const [imports, body, ...more] = code.split('const segmenter = ');
  const measure = 'export default function stringWidth(';
  if (
    body === undefined ||
    more.length > 0 ||
    !body.includes(measure) ||
    !imports.includes('import stripAnsi ')
  )
    throw new Error('string-width is written in another way now');
  return `${imports}
let byTheRules;
export default function stringWidth(input, options = {}) {
  if (typeof input !== 'string') return 0;
  const text = !options.countAnsiEscapeCodes && /[\\u001B\\u009B]/.test(input) ? stripAnsi(input) : input;
  if (isNarrow(text)) return text.length;
  byTheRules ??= allRules();
  return byTheRules(text, options);
}
function allRules() {
  const segmenter = ${body.replace(measure, 'return function stringWidth(')}
}`;
}

const source = (name) => `${import.meta.dirname}/src/${name}`;

/** All that source files import, and what that imports; not what is loaded later. */
function importsOf(files, graph, found = new Set()) {
  for (const file of files.filter((file) => !found.has(file))) {
    found.add(file);
    importsOf(graph.getModuleInfo(file)?.importedIds ?? [], graph, found);
  }
  return found;
}

/** What is loaded at once: what each file imports that is loaded later by some other. */
function loadedAtOnce(file, graph, found = new Map()) {
  if (found.has(file)) return found;
  const imported = importsOf([file], graph);
  found.set(file, imported);
  for (const one of imported)
    for (const later of graph.getModuleInfo(one)?.dynamicallyImportedIds ?? [])
      loadedAtOnce(later, graph, found);
  return found;
}

/**
 * One file of what a source file imports, as a file costs 0.4 ms to load, however small: only of what nobody loads without
 * `mark` as well, so that nobody has to load more than it needs.
 */
function together(name, priority, file, mark = file) {
  let members;
  return {
    priority,
    includeDependenciesRecursively: false,
    name(id, graph) {
      members ??= membersOf(graph);
      return members.has(id) ? name : null;
    },
  };

  function membersOf(graph) {
    const without = [...loadedAtOnce(source('cli/main.ts'), graph).values()].filter(
      (loaded) => !loaded.has(source(mark)),
    );
    return new Set(
      [...importsOf([source(file)], graph)].filter((id) => !without.some((loaded) => loaded.has(id))),
    );
  }
}

/** One file of all that some files import: for few bytes. */
function imports(name, files) {
  let members;
  return (id, graph) => {
    members ??= importsOf(files(graph), graph);
    return members.has(id) ? name : null;
  };
}

/** What many commands load, in layers: each is a file, and stands on those before it. */
const layers = [
  // the entry itself knows by its place where everything else lies
  { name: 'start', tags: ['$initial'], test: (id) => id !== source('cli/main.ts'), priority: 5 },
  {
    name: imports('commands', (graph) => graph.getModuleInfo(source('cli/groups.ts')).dynamicallyImportedIds),
    priority: 4,
  },
  {
    name: imports('records', () => [source('cli/commands/sessions.ts'), source('cli/commands/stats.ts')]),
    priority: 3,
  },
  together('facts', 2, 'cli/commands/show.ts', 'machine/facts.ts'),
  together('runbooks', 1, 'cli/commands/lint.ts', 'runbook/load.ts'),
  together('sessions', 0, 'cli/commands/agent.ts', 'machine/compile.ts'),
];

const shared = {
  platform: 'node',
  plugins: [leanBuiltins, latePackages, yogaInPlace, narrowFirst],
  external,
  treeshake: { moduleSideEffects: false, propertyReadSideEffects: false },
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
    comments: { jsdoc: false },
    ...more,
  },
});

export default defineConfig([
  bundle('walkback', 'src/cli/main.ts', { codeSplitting: { groups: layers } }),
  bundle('supervisor', 'src/actions/supervisor/main.ts'),
  bundle('sandbox', 'src/sandbox/main.ts'),
  bundle('sqlite-process', 'src/actions/measure/sqlite-process.ts'),
]);
