import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

/*
 * The lint rules are tried with deliberate violations: for every place in the tree a file is written whose every line
 * imports or uses one thing, and the linter has to report exactly the lines that are forbidden there.
 */

const repository = path.resolve(import.meta.dirname, '../..');
const layers =
  'runbook machine judge session ledger actions agent ui plain report drill sandbox tools cli'.split(' ');
const pure = ['runbook', 'machine', 'judge', 'session'];

/** What each layer may import of the others. */
const whole: Readonly<Record<string, readonly string[]>> = {
  machine: ['runbook'],
  judge: ['runbook'],
  session: ['runbook', 'machine', 'judge'],
  ledger: pure,
  actions: pure,
  agent: pure,
  report: pure,
  drill: ['report'],
  tools: ['runbook', 'judge'],
  cli: layers,
};

const seenByFronts =
  'machine/view machine/facts machine/facts/values machine/place-key session/client session/intents session/ports report/inert report/next-steps report/reading-text report/standing-text report/time'.split(
    ' ',
  );

/** Single files of other layers that a layer may import, where not the whole layer. */
const single: Readonly<Record<string, readonly string[]>> = {
  ui: seenByFronts,
  plain: seenByFronts,
  report: ['actions/sanitise', 'ledger/chain', 'ledger/seal', 'ledger/verify-chain'],
  drill: [...seenByFronts.slice(0, 7), 'plain/waiting'],
};

const packages =
  'xstate execa better-sqlite3 pg ink react commander yaml zod re2js marked @marcbachmann/cel-js not-one-of-ours'.split(
    ' ',
  );

const packagesOf: Readonly<Record<string, readonly string[]>> = {
  runbook: ['yaml', 'zod', 're2js', '@marcbachmann/cel-js'],
  machine: ['xstate', 'zod'],
  session: ['xstate', 're2js'],
  ledger: ['better-sqlite3', 'zod'],
  actions: ['execa', 'zod', 're2js'],
  'actions/measure/sqlite-trial.ts': ['better-sqlite3', 'execa', 'zod'],
  'actions/measure/postgres.ts': ['pg', 'zod'],
  agent: ['zod'],
  ui: ['ink', 'react'],
  report: ['zod', 'marked'],
  sandbox: ['better-sqlite3'],
  tools: ['better-sqlite3', 'pg', 'execa', 'yaml', 'zod'],
  cli: ['commander'],
};

const builtins = ['fs', 'path', 'crypto', 'node:fs', 'node:fs/promises', 'node:path', 'node:net'];
const builtinsOf = (layer: string): readonly string[] => {
  if ([...pure, 'plain', 'report', 'drill'].includes(layer)) return [];
  return layer === 'ui'
    ? ['node:fs/promises', 'node:path']
    : builtins.filter((name) => name.startsWith('node:'));
};

interface Line {
  readonly text: string;
  /** The rule that has to report it; null where it is allowed. */
  readonly rule: string | null;
}

const importRule = 'eslint(no-restricted-imports)';
const globalRule = 'eslint(no-restricted-globals)';

function linesFor(place: string): readonly Line[] {
  const layer = place.split('/')[0] ?? '';
  const up = path.relative(path.dirname(place), '.');
  const line = (module: string, isAllowed: boolean): Line => ({
    text: `export * from '${module}';`,
    rule: isAllowed ? null : importRule,
  });
  const files = layers
    .filter((other) => other !== layer)
    .flatMap((other) => {
      const known = Object.values(single)
        .flat()
        .filter((file) => file.startsWith(`${other}/`));
      return [...new Set([`${other}/anything`, `${other}/deep/anything`, ...known])];
    });
  return [
    ...files.map((file) => {
      const isAllowed = whole[layer]?.includes(file.split('/')[0] ?? '') ?? false;
      return line(`${up}/${file}.ts`, isAllowed || (single[layer]?.includes(file) ?? false));
    }),
    line(`${up}/errors.ts`, true),
    line('./beside.ts', true),
    ...packages.map((name) => line(name, (packagesOf[place] ?? packagesOf[layer] ?? []).includes(name))),
    ...builtins.map((name) => line(name, builtinsOf(layer).includes(name))),
    ...sayings(layer),
  ];
}

/** What is said in other ways than by a plain import, and what is no import. */
function sayings(layer: string): readonly Line[] {
  const isPure = pure.includes(layer);
  const inPure = (text: string, rule = globalRule): Line => ({ text, rule: isPure ? rule : null });
  const nowhere = (text: string, rule: string): Line => ({ text, rule });
  const other = layer === 'cli' ? 'hub' : 'cli';
  return [
    nowhere(`export const late = import('../${other}/anything.ts');`, importRule),
    nowhere(`import type { Kind } from '../${other}/kinds.ts';`, importRule),
    nowhere(
      `export type Named = import('../${other}/named.ts').Named | Kind;`,
      'typescript(consistent-type-imports)',
    ),
    nowhere('export const now = Date.now();', globalRule),
    nowhere('export const hidden = globalThis.Date;', globalRule),
    nowhere("export const home = process['env'];", isPure ? globalRule : 'node(no-process-env)'),
    nowhere('export const loose: any = 1;', 'typescript(no-explicit-any)'),
    nowhere('export const sure = (text: string | null) => text!;', 'typescript(no-non-null-assertion)'),
    nowhere('export const float = () => { Promise.resolve(1); };', 'typescript(no-floating-promises)'),
    nowhere('export default now;', 'import(no-default-export)'),
    inPure('export const pid = process.pid;'),
    inPure('export const timer = (call: () => void) => setTimeout(call, 1);'),
    inPure('export const again = (call: () => void) => setInterval(call, 1);'),
    inPure("export const web = () => fetch('http://127.0.0.1');"),
    inPure('export const mono = () => performance.now();'),
    inPure('export const id = () => crypto.randomUUID();'),
    inPure("export const say = () => console.log('here');"),
    inPure('export const lot = () => Math.random();', 'eslint(no-restricted-properties)'),
    inPure('export const limit = () => AbortSignal.timeout(1);', 'eslint(no-restricted-properties)'),
    ...(isPure ? [{ text: "export { randomUUID } from 'node:crypto';", rule: importRule }] : []),
    ...(isPure && layer !== 'judge'
      ? [{ text: "export { createHash } from 'node:crypto';", rule: null }]
      : []),
  ];
}

const places = [
  ...layers.map((layer) => `${layer}/trial.ts`),
  'session/workers/trial.ts',
  'actions/measure/sqlite-trial.ts',
  'actions/measure/postgres.ts',
];

const reports = z.object({
  diagnostics: z.array(
    z.object({
      code: z.string(),
      filename: z.string(),
      labels: z.array(z.object({ span: z.object({ line: z.number() }) })),
    }),
  ),
});

const ruled = new Set(places.flatMap(linesFor).map(({ rule }) => rule));
let folder = '';
let found: z.infer<typeof reports>['diagnostics'] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'walkback-lint-'));
  copyFileSync(path.join(repository, '.oxlintrc.json'), path.join(folder, '.oxlintrc.json'));
  const compilerOptions = { target: 'es2024', module: 'nodenext', strict: true, types: [] };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  for (const place of places) {
    const file = path.join(folder, 'src', place);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(
      file,
      linesFor(place)
        .map(({ text }) => `${text}\n`)
        .join(''),
    );
  }
  const { stdout } = await execa('oxlint', ['--format', 'json', 'src'], {
    cwd: folder,
    preferLocal: true,
    localDir: repository,
    reject: false,
  });
  found = reports.parse(JSON.parse(stdout)).diagnostics;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(places)('src/%s: every forbidden line is reported, and no other', (place) => {
  const reported = (line: number): readonly string[] =>
    found
      .filter(({ filename, labels }) => filename === `src/${place}` && labels[0]?.span.line === line)
      .map(({ code }) => code)
      .filter((code) => ruled.has(code));
  const lines = linesFor(place);
  const wanted = lines.map(({ text, rule }) => [text, rule]);
  const actual = lines.map(({ text, rule }, at) => {
    const rules = reported(at + 1);
    return [text, rule !== null && rules.includes(rule) ? rule : (rules[0] ?? null)];
  });

  expect(actual).toEqual(wanted);
});
