import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runbookFiles } from '../../src/actions/runbook-files.ts';
import { formatDuration, parseDuration } from '../../src/runbook/duration.ts';
import { jsonSchemas } from '../../src/runbook/json-schema.ts';
import { loadFragment, loadRunbook } from '../../src/runbook/load.ts';
import { allSteps } from '../../src/runbook/model.ts';
import { explain } from '../../src/cli/lint-rules.ts';
import { rules } from '../../src/runbook/rules.ts';
import { writtenKinds } from '../../src/runbook/schema/steps.ts';
import { compareVersions, parseVersion } from '../../src/runbook/version.ts';
import { codesOf, load, loaded, memoryFiles, runbookOf, runbookText } from './memory-files.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const shipped = runbookFiles(`${root}/runbooks`);

test('the example of the format lints clean, and so does the fragment that it uses', () => {
  expect(loadRunbook('format_example.yaml', shipped)).toMatchObject({
    ok: true,
    warnings: [],
    barsProduction: [],
  });
  expect(loadFragment('steps/freeze_writes.yaml', shipped)).toMatchObject({ ok: true, warnings: [] });
});

test('the example comes to what it says', () => {
  const runbook = runbookOf(loadRunbook('format_example.yaml', shipped));

  expect(runbook.closure.map(({ path }) => path)).toEqual([
    'format_example.yaml',
    'keys/allowed_signers',
    'migrate',
    'steps/freeze_writes.yaml',
  ]);
  expect(runbook).toMatchObject({
    objectiveMs: 600_000,
    decide: { kind: 'any', k: 1, triggers: ['err'] },
    window: { evaluateMs: 1_800_000, extendedMs: 86_400_000, closesOn: ['contract_migration'] },
    triggers: [
      {
        id: 'err',
        breach: { op: '>', value: 0.02 },
        clear: { op: '<', value: 0.016 },
        forMs: 120_000,
        minEvents: 100,
        events: 'requests',
      },
      { id: 'p95', clear: { op: '<', value: 0.8 * 0.8 } },
    ],
    scope: { instances: { json: '$', source: { kind: 'run' } }, flags: ['new_coupons'] },
  });
  const byId = new Map(allSteps(runbook).map((step) => [step.id, step]));
  expect(byId.get('execute_approval')).toMatchObject({
    kind: 'approve',
    required: true,
    when: { source: "env.name == 'production'" },
    approval: { role: 'commander', not: 'operator', count: 1, expiresMs: 600_000 },
  });
  expect(byId.get('schema_down')).toMatchObject({
    command: { program: { kind: 'shell' }, timeoutMs: 60_000 },
    probeAfterCrash: { id: 'schema_version' },
    before: [
      { subject: { obligation: 'freeze_writes' } },
      { expect: { conditions: [{ kind: 'fails', value: true }] } },
    ],
    on: { fail: { kind: 'goto', target: 'restore_or_forward' }, timeout: { kind: 'ask' } },
  });
  expect(byId.get('restart')).toMatchObject({ enclosing: ['switch_app'], parallel: null });
  expect(byId.get('smoke')).toMatchObject({ parallel: 'proofs', readOnly: true });
  expect(byId.get('thaw')).toMatchObject({ obligations: ['freeze_writes'] });
  expect(byId.get('back')).toMatchObject({ obligations: ['freeze_writes', 'ci'] });
});

/** One good step of every kind; a kind that is added and not shown here fails. */
const kinds: Readonly<Record<(typeof writtenKinds)[number], string>> = {
  run: '- { id: one, run: [x], undo: { run: [y] } }',
  shell: '- { id: one, shell: "x | y", read_only: true }',
  check: '- { id: one, check: { tcp: "localhost:80", expect: { fails: false } } }',
  compare:
    '- { id: one, compare: { probe: m, baseline: release-60m..release, settle: 5m, current: 10m, tolerance: 25% } }',
  smoke:
    '- { id: one, smoke: [{ id: version, http: "${{ via.url }}/version", expect: { equals: "1" } }], via: { proxy: "http://x" } }',
  decide: '- { id: one, decide: Which?, options: [{ id: a, title: A }] }',
  approve: '- { id: one, approve: May we?, role: boss }',
  manual: '- { id: one, manual: Do it, changes: The switch, undo: { run: [y] } }',
  confirm: '- { id: one, confirm: Which host?, value: "db1" }',
  wait: '- { id: one, wait: { probe: p, expect: { equals: "1" } } }',
  notify: '- { id: one, notify: chat, text: Hello }',
  barrier: '- { id: one, barrier: frozen }',
  parallel:
    '- { id: one, parallel: [{ id: a, wait: 1s }, { id: b, wait: { until: "2030-01-01T00:00:00Z" } }] }',
  each: '- { id: one, each: { in: "${{ scope.nodes }}", as: node }, steps: [{ id: a, manual: "${{ node }}", read_only: true }] }',
  use: '- { id: one, use: part.yaml }',
  release:
    '- { id: zero, run: [x], opens: { id: held, title: Held, release: { run: [y] }, proof: { run: [z] } } }\n- { id: one, release: [held] }',
  end: '- { id: one, end: mitigated }',
};
const blocks =
  'window: { opens: release.finished, evaluate: 30m, extended: 24h }\nprobes: { p: { run: [x] }, m: { prometheus: "http://x", query: m } }\nroles: { boss: { users: [ada] } }\nchannels: { chat: { file: /dev/null } }\nscope: { nodes: [a] }';
const part = 'walkback_fragment: 1\nid: part\ntitle: Part\nsteps:\n  - { id: a, wait: 1s }\n';

test.each(writtenKinds)('a step of kind %s loads', (kind) => {
  const result = load(kinds[kind], blocks, { 'part.yaml': part });

  const runbook = runbookOf(result);
  const step = allSteps(runbook).find(({ id }) => id === 'one' || id === 'one_a');
  expect(step).toMatchObject({ kind: { shell: 'run', use: 'wait' }[kind as string] ?? kind, phase: 'main' });
  expect(step?.title).not.toBe('');
  expect(step?.timeoutMs).toBeGreaterThan(0);
  expect(codesOf(result)).toEqual(kind === 'barrier' ? ['WB111'] : []);
});

test('steps without an id get one from their phase and kind', () => {
  const runbook = loaded(
    '- { wait: 1s }\n- { wait: 2s }\n- { parallel: [{ wait: 3s }, { id: main_wait_2, wait: 4s }] }',
  );

  expect(allSteps(runbook).map(({ id }) => id)).toEqual([
    'main_wait',
    'main_wait_3',
    'main_parallel',
    'main_wait_4',
    'main_wait_2',
  ]);
});

test('what a browser or a chat gets is done by a person, with its values filled in', () => {
  const runbook = loaded(
    "- { id: a, run: ['https://board/?host=${{ env.name }}'], where: browser, read_only: true }\n- { id: b, run: [We, go, back], where: chat, undo: { run: [x] } }",
  );

  expect(allSteps(runbook)).toMatchObject([
    {
      kind: 'manual',
      hand: 'browser',
      changes: null,
      text: { parts: ['https://board/?host=', { source: 'env.name' }] },
    },
    { kind: 'manual', hand: 'chat', changes: 'in the chat', title: 'We go back' },
  ]);
});

test('what only reads is read-only, and what may change something is not unless it says so', () => {
  const runbook = loaded(
    '- { id: a, run: [x], undo: { run: [y] } }\n- { id: b, run: [x], read_only: true }\n- { id: c, manual: x, changes: y, undo: { run: [z] } }\n- { id: d, check: { run: [x] } }\n- { id: e, wait: 1s }',
  );

  expect(allSteps(runbook).map(({ id, readOnly, idempotent }) => [id, readOnly, idempotent])).toEqual([
    ['a', false, false],
    ['b', true, false],
    ['c', false, false],
    ['d', true, true],
    ['e', true, true],
  ]);
});

test('what production must have is a warning in a draft and bars it from production', () => {
  const steps =
    '- { id: a, run: [x] }\n- { id: b, run: [x], opens: { id: held, title: Held, release: { run: [y] } } }\n- { id: c, release: [held] }';
  const at = (maturity: string) =>
    loadRunbook(
      'book.yaml',
      memoryFiles({
        'book.yaml': runbookText(steps).replace('maturity: production', `maturity: ${maturity}`),
      }),
    );

  for (const maturity of ['draft', 'staging']) {
    const result = at(maturity);
    expect(result.ok && result.barsProduction.map(({ code, severity }) => [code, severity])).toEqual([
      ['WB501', 'warning'],
      ['WB502', 'warning'],
    ]);
    expect(codesOf(result)).toEqual(['WB501', 'WB502']);
  }
  expect(at('production')).toMatchObject({ ok: false });
});

test('a captured value can be read by the way back of its own step', () => {
  const runbook = loaded(
    '- { id: a, run: [set, "1"], capture: { old: { run: [get] } }, undo: { run: [set, "${{ captured.old }}"] } }',
  );
  const [step] = allSteps(runbook);

  expect(step?.undo?.command.program).toMatchObject({
    argv: [{ parts: ['set'] }, { parts: [{ source: 'captured.old' }] }],
  });
  expect(codesOf(load('- { id: a, run: [x, "${{ captured.old }}"], read_only: true }'))).toEqual(['WB402']);
});

test('a secret may stand in the environment of a command and in a header', () => {
  const result = load(
    '- { id: a, run: [x], read_only: true, env: { TOKEN: "${{ inputs.token }}" } }\n- { id: b, check: { http: "http://x", headers: { authorization: "Bearer ${{ inputs.token }}" }, expect: { status: 200 } } }\n- { id: c, check: { run: [x], env: { TOKEN: "${{ inputs.token }}" }, expect: { exit: 0 } } }',
    'inputs: { token: { type: secret, env: TOKEN } }',
  );

  expect(codesOf(result)).toEqual([]);
});

test.each([
  ['250ms', 250],
  ['10s', 10_000],
  ['10m', 600_000],
  ['1h30m', 5_400_000],
  ['2d', 172_800_000],
  ['1m1ms', 60_001],
  ['0s', 0],
  ['10', null],
  ['', null],
  ['1.5h', null],
  ['30m1h', null],
  ['1h1h', null],
  ['-1s', null],
  ['10 s', null],
  ['1e3s', null],
  ['10M', null],
  ['9'.repeat(30).concat('s'), null],
] as const)('the duration %j is %j', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
  if (ms !== null) expect(parseDuration(formatDuration(ms))).toBe(ms);
});

test('versions are in the order of semantic versions', () => {
  const order = [
    '0.9',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-rc.2',
    '1.0.0-rc.11',
    '1.0.0',
    '1.9.0',
    'v1.10.0',
    '2',
  ];

  for (const [index, a] of order.entries()) {
    for (const [other, b] of order.entries()) {
      const [left, right] = [parseVersion(a), parseVersion(b)];
      expect(left !== null && right !== null && Math.sign(compareVersions(left, right))).toBe(
        Math.sign(index - other),
      );
    }
  }
  for (const text of ['latest', '', '1..2', '1.2.x', `1.${'2'.repeat(30)}`])
    expect(parseVersion(text)).toBeNull();
});

test.each(Object.keys(rules))('%s can be explained', (code) => {
  const text = explain(code.toLowerCase());

  expect(text).toContain(code);
  expect(text).toContain('Why: ');
  expect(text).toContain('What to do: ');
});

test('a code that does not exist is not explained', () => {
  expect(explain('WB999')).toBeNull();
  expect(explain('constructor')).toBeNull();
});

test.each(jsonSchemas)('schema/$file is what the code makes of itself', ({ file, make }) => {
  expect(readFileSync(`${root}/schema/${file}`, 'utf8')).toBe(make());
  expect(JSON.parse(make())).toMatchObject({
    $schema: 'http://json-schema.org/draft-07/schema#',
    additionalProperties: false,
  });
});
