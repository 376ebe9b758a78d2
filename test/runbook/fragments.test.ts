import { expect, test } from 'vitest';
import { prove } from '../../src/machine/proofs.ts';
import { loadFragment, loadRunbook } from '../../src/runbook/load.ts';
import type { Step } from '../../src/runbook/model/step.ts';
import { allSteps } from '../../src/runbook/model.ts';
import { templateSource } from '../../src/runbook/template.ts';
import { codesOf, load, loaded, memoryFiles, runbookOf, runbookText } from './memory-files.ts';

const argvOf = (step: Step | undefined): readonly string[] =>
  step?.kind === 'run' && step.command.program.kind === 'argv'
    ? step.command.program.argv.map(templateSource)
    : [];

const hold = `walkback_fragment: 1
id: hold
title: Hold something
inputs:
  what: { type: string }
  until: { type: duration, value: 5m }
  limit: { type: number, value: 2 }
  release: { type: version, value: 1.0.0 }
probes:
  state: { run: [tool, state, "\${{ inputs.what }}"] }
steps:
  - id: stop
    run: [tool, hold, "\${{ inputs.what }}", "for \${{ inputs.what }}"]
    when: inputs.limit > 1 && inputs.release < version('2.0.0')
    opens:
      id: held
      title: Held
      ttl: "\${{ inputs.until }}"
      release: { run: [tool, free, "\${{ inputs.what }}"] }
      proof: { probe: state, expect: { equals: free } }
    on: { fail: seen }
  - id: seen
    check: { probe: state, expect: { cel: "value == probes.state" } }
  - id: told
    manual: "It was \${{ steps.seen.result }}"
    read_only: true
`;
const files = { 'steps/hold.yaml': hold };
const useIt =
  '- { id: ci, use: steps/hold.yaml, with: { what: pipeline, until: 1h } }\n- { id: back, release: [ci] }\n- { id: done, end: rolled_back }';

test('a used file becomes its steps, with its names prefixed and its inputs in place', () => {
  const runbook = loaded(useIt, '', files);

  expect(runbook.groups).toEqual({ ci: ['ci_stop', 'ci_seen', 'ci_told'] });
  const [stop, seen, told, back] = allSteps(runbook);
  expect(stop).toMatchObject({
    id: 'ci_stop',
    kind: 'run',
    at: { file: 'steps/hold.yaml', line: 12, column: 5 },
    opens: { id: 'ci_held', ttlMs: 3_600_000, proof: { subject: { id: 'ci_state' } } },
    on: { fail: { kind: 'goto', target: 'ci_seen' } },
    when: { source: '2.0 > 1 && version("1.0.0") < version(\'2.0.0\')' },
  });
  expect(argvOf(stop)).toEqual(['tool', 'hold', 'pipeline', 'for pipeline']);
  expect(seen).toMatchObject({
    check: {
      subject: { id: 'ci_state' },
      expect: { conditions: [{ expression: { source: 'value == probes.ci_state' } }] },
    },
  });
  expect(told?.kind === 'manual' && templateSource(told.text)).toBe('It was ${{ steps.ci_seen.result }}');
  expect(back).toMatchObject({ kind: 'release', obligations: ['ci_held'] });
});

test('the same file used twice gives two sets of names', () => {
  const runbook = loaded(
    '- { id: ci, use: steps/hold.yaml, with: { what: pipeline } }\n- { id: jobs, use: steps/hold.yaml, with: { what: cron } }\n- { id: back, release: [ci, jobs] }',
    '',
    files,
  );

  expect(allSteps(runbook).map(({ id }) => id)).toEqual([
    'ci_stop',
    'ci_seen',
    'ci_told',
    'jobs_stop',
    'jobs_seen',
    'jobs_told',
    'back',
  ]);
  expect(Object.keys(runbook.probes)).toEqual(['ci_state', 'jobs_state']);
});

test('a guard on a `use` is a guard on the debts opened inside it', () => {
  const runbook = loaded(
    '- { id: ci, use: steps/hold.yaml, with: { what: pipeline } }\n- { id: go, run: [x], read_only: true, before: { obligation: ci, expect: open } }\n- { id: back, release: [ci] }',
    '',
    files,
  );

  expect(allSteps(runbook).find(({ id }) => id === 'go')?.before).toMatchObject([
    { subject: { obligation: 'ci_held', state: 'open' } },
  ]);
});

test('an expression given by `with` is read where the input was, a loop variable included', () => {
  const restart = `walkback_fragment: 1
id: restart
title: Restart one
inputs: { name: { type: string }, most: { type: number }, release: { type: version } }
steps:
  - id: go
    run: [tool, "\${{ inputs.name }}", "for \${{ inputs.name }}", "\${{ inputs.name + 'x' }}"]
    when: inputs.most > 1 && inputs.release < version('2.0.0')
    read_only: true
`;
  const runbook = loaded(
    `- id: all
  each: { in: "\${{ scope.nodes }}", as: node }
  steps:
    - { id: one, use: restart.yaml, with: { name: "\${{ node.name }}-\${{ node.zone }}", most: "\${{ inputs.most }}", release: "\${{ inputs.old }}" } }`,
    'scope: { nodes: [a] }\ninputs: { most: { type: number, value: 3 }, old: { type: version, ask: Which? } }',
    { 'restart.yaml': restart },
  );

  const go = allSteps(runbook).find(({ id }) => id === 'one_go');
  expect(go).toMatchObject({
    enclosing: ['all'],
    when: { source: "(inputs.most) > 1 && (inputs.old) < version('2.0.0')" },
  });
  expect(argvOf(go)).toEqual([
    'tool',
    '${{ node.name }}-${{ node.zone }}',
    'for ${{ node.name }}-${{ node.zone }}',
    '${{ (string(node.name) + "-" + string(node.zone)) + \'x\' }}',
  ]);
});

test('`override`, `skip`, `when` and `role` of a `use` change its steps', () => {
  const runbook = loaded(
    `- id: ci
  use: steps/hold.yaml
  with: { what: pipeline }
  skip: [told]
  override: { stop.timeout: 9s, stop.opens.title: Pipeline held, seen.title: Really }
  when: inputs.sure
  role: boss
- { id: back, release: [ci] }`,
    'inputs: { sure: { type: boolean, ask: Sure? } }\nroles: { boss: { users: [ada] } }',
    files,
  );

  expect(allSteps(runbook)).toMatchObject([
    {
      id: 'ci_stop',
      timeoutMs: 9_000,
      opens: { title: 'Pipeline held' },
      role: 'boss',
      when: { source: '(inputs.sure) && (2.0 > 1 && version("1.0.0") < version(\'2.0.0\'))' },
    },
    { id: 'ci_seen', title: 'Really', when: { source: 'inputs.sure' } },
    { id: 'back' },
  ]);
});

test('a value of a used file that a shell would see stays a value', () => {
  const shell =
    'walkback_fragment: 1\nid: sh\ntitle: Shell\ninputs: { what: { type: string } }\nsteps:\n  - { id: go, shell: "echo ${{ inputs.what }}", read_only: true }\n';
  const given = (value: string) =>
    load(
      `- { id: a, use: sh.yaml, with: { what: "${value}" } }`,
      'inputs: { x: { type: string, ask: X? } }',
      { 'sh.yaml': shell },
    );

  expect(codesOf(given('${{ inputs.x }}'))).toEqual(['WB505']);
});

test('files that use files give names of names', () => {
  const outer =
    'walkback_fragment: 1\nid: outer\ntitle: Outer\ninputs: { what: { type: string } }\nsteps:\n  - { id: inner, use: hold.yaml, with: { what: "${{ inputs.what }}-x" } }\n  - { id: freed, release: [inner] }\n';
  const runbook = loaded('- { id: a, use: steps/outer.yaml, with: { what: ci } }', '', {
    ...files,
    'steps/outer.yaml': outer,
  });

  expect(runbook.groups).toEqual({
    a: ['a_inner_stop', 'a_inner_seen', 'a_inner_told', 'a_freed'],
    a_inner: ['a_inner_stop', 'a_inner_seen', 'a_inner_told'],
  });
  expect(allSteps(runbook).at(-1)).toMatchObject({ id: 'a_freed', obligations: ['a_inner_held'] });
  const stop = allSteps(runbook)[0];
  expect(argvOf(stop)[2]).toBe('ci-x');
});

test('a whole runbook can be used: its phases become steps, its other ways become phases, its questions are asked', () => {
  const whole = runbookText(
    '- { id: look, run: [tool, "${{ inputs.old }}"], read_only: true, on: { fail: rescue } }\n- { id: done, end: mitigated }',
    'inputs: { old: { type: version, ask: Which? } }',
  ).concat(
    '\n  - { id: rescue, title: Rescue, off_path: true, steps: [{ id: help, manual: Help, read_only: true }, { id: again, decide: Again?, options: [{ id: yes_, title: Again, goto: look }, { id: no_, title: No, end: aborted }] }] }',
  );
  const runbook = loaded(
    '- { id: first, use: other.yaml, skip: [done] }\n- { id: done, end: rolled_back }',
    '',
    { 'other.yaml': whole },
  );

  expect(runbook.phases.map(({ id, offPath }) => [id, offPath])).toEqual([
    ['main', false],
    ['first_rescue', true],
  ]);
  expect(runbook.inputs.map(({ id }) => id)).toEqual(['first_old']);
  const [look] = allSteps(runbook);
  expect(look).toMatchObject({ id: 'first_look', on: { fail: { kind: 'goto', target: 'first_rescue' } } });
  expect(argvOf(look)).toEqual(['tool', '${{ inputs.first_old }}']);
});

test('a fragment is checked by itself, at its own places', () => {
  const alone = (text: string) => loadFragment('steps/hold.yaml', memoryFiles({ 'steps/hold.yaml': text }));

  expect(alone(hold)).toMatchObject({ ok: true, warnings: [] });
  const broken = alone(
    hold.replace('on: { fail: seen }', 'on: { fail: sene }').replace('inputs.limit', 'inputs.limmit'),
  );
  expect(broken.ok ? [] : broken.problems.map(({ code, at }) => [code, at.file, at.line])).toEqual([
    ['WB402', 'steps/hold.yaml', 14],
    ['WB302', 'steps/hold.yaml', 21],
  ]);
});

test('a mistake in a fragment that is used twice is said once', () => {
  const result = load(
    '- { id: ci, use: steps/hold.yaml, with: { what: a } }\n- { id: jobs, use: steps/hold.yaml, with: { what: b } }',
    '',
    { 'steps/hold.yaml': hold.replace('on: { fail: seen }', 'on: { fail: nowhere }') },
  );

  expect(codesOf(result)).toEqual(['WB302']);
});

test('a script counts wherever a command stands: in the events of the window and the state of the incident too', () => {
  const blocks = `window:
  { opens: release.finished, at: '2026-03-01T10:00:00Z', events: { run: [./tools/events.sh] }, evaluate: 30m, extended: 2h }
incident: { id: INC-1, state: { run: [./tools/incident.sh] } }
`;
  const scripts = { 'tools/events.sh': 'one', 'tools/incident.sh': 'two' };

  expect(
    loaded('- { id: s, run: [look], read_only: true }', blocks, scripts).closure.map(({ path }) => path),
  ).toEqual(['book.yaml', 'tools/events.sh', 'tools/incident.sh']);
});

test('the hash covers the runbook, its fragments and the scripts that it names, and nothing else', () => {
  const script =
    '- { id: ci, use: steps/hold.yaml, with: { what: a } }\n- { id: s, run: [./tools/go.sh, --file, ./data.csv], read_only: true }\n- { id: t, shell: "set -e; ./tools/check.sh && true", read_only: true }\n- { id: back, release: [ci] }';
  const all = {
    ...files,
    'tools/go.sh': 'one',
    'tools/check.sh': 'two',
    'data.csv': 'three',
    'other.txt': 'x',
  };
  const hashOf = (change: Readonly<Record<string, string>>): string =>
    runbookOf(loadRunbook('book.yaml', memoryFiles({ ...all, 'book.yaml': runbookText(script), ...change })))
      .hash;

  expect(loaded(script, '', all).closure.map(({ path }) => path)).toEqual([
    'book.yaml',
    'data.csv',
    'steps/hold.yaml',
    'tools/check.sh',
    'tools/go.sh',
  ]);
  const before = hashOf({});
  expect(hashOf({})).toBe(before);
  expect(hashOf({ 'other.txt': 'y' })).toBe(before);
  for (const path of ['tools/go.sh', 'tools/check.sh', 'data.csv'])
    expect(hashOf({ [path]: 'changed' })).not.toBe(before);
  expect(hashOf({ 'steps/hold.yaml': `${hold}# a comment\n` })).not.toBe(before);
  expect(before).toMatch(/^sha256:[0-9a-f]{64}$/);
});

const words = `walkback_fragment: 1
id: words
title: Runs what it is given
inputs:
  pause: { type: argv }
  look: { type: argv, value: [tool, state] }
probes:
  state: { run: ["\${{ inputs.look }}"] }
steps:
  - id: stop
    run: ["\${{ inputs.pause }}", --quiet]
    opens:
      id: held
      title: Held
      release: { run: [sh, -c, "\${{ inputs.pause }}"] }
      proof: { probe: state, expect: { equals: free } }
`;

test('a list of words becomes part of the commands of the used file, each word an argument of its own', () => {
  const runbook = loaded(
    `- { id: ci, use: steps/words.yaml, with: { pause: [gh, workflow, "\${{ session.id }}"] } }\n- { id: back, release: [ci] }\n- { id: done, end: rolled_back }`,
    '',
    { 'steps/words.yaml': words },
  );

  const [stop] = allSteps(runbook);
  expect(argvOf(stop)).toEqual(['gh', 'workflow', '${{ session.id }}', '--quiet']);
  const { release, proof } = stop?.opens ?? {};
  expect(release?.program.kind === 'argv' && release.program.argv.map(templateSource)).toEqual([
    'sh', '-c', 'gh', 'workflow', '${{ session.id }}',
  ]); // prettier-ignore
  expect(proof?.subject).toMatchObject({
    source: { command: { program: { argv: [{ parts: ['tool'] }, { parts: ['state'] }] } } },
  });
});

test('a list of words is handed on by a file that uses another one', () => {
  const outer = `walkback_fragment: 1
id: outer
title: Hands it on
inputs:
  how: { type: argv }
steps:
  - { id: inner, use: words.yaml, with: { pause: [sudo, "\${{ inputs.how }}"] } }
`;
  const runbook = loaded(
    '- { id: ci, use: steps/outer.yaml, with: { how: [tool, off] } }\n- { id: back, release: [ci] }\n- { id: done, end: rolled_back }',
    '',
    { 'steps/words.yaml': words, 'steps/outer.yaml': outer },
  );

  expect(argvOf(allSteps(runbook)[0])).toEqual(['sudo', 'tool', 'off', '--quiet']);
});

test('a list of words stands for whole arguments only', () => {
  const text = words.replace('"${{ inputs.pause }}", --quiet', '"do ${{ inputs.pause }}"');
  const wrong = load(
    '- { id: ci, use: steps/words.yaml, with: { pause: [tool] } }\n- { id: back, release: [ci] }\n- { id: done, end: rolled_back }',
    '',
    { 'steps/words.yaml': text },
  );

  expect(codesOf(wrong)).toContain('WB402');
});

const branching = `walkback_fragment: 1
id: swap
title: Swap something
steps:
  - { id: swap, run: [tool, swap], undo: { run: [tool, swap, back] } }
  - { id: look, check: { run: [tool, look], expect: { exit: 0 } }, on: { fail: mend } }
branches:
  - id: mend
    title: It did not work
    steps:
      - { id: how, decide: How?, options: [{ id: again, title: Look again, goto: look }, { id: twice, title: Swap again, goto: swap }] }
`;

const asked =
  '- { id: well, decide: Well?, options: [{ id: yes, title: Yes }, { id: no, title: No, end: not_needed }] }';

test('a branch of a fragment stands off the path, and leads back into its own steps', () => {
  const runbook = loaded(
    `${asked}\n- { id: one, use: steps/swap.yaml }\n- { id: done, end: rolled_back }`,
    '',
    {
      'steps/swap.yaml': branching,
    },
  );

  expect(runbook.phases.map(({ id, offPath }) => [id, offPath])).toEqual([
    ['main', false],
    ['one_mend', true],
  ]);
  expect(allSteps(runbook).map(({ id }) => id)).toEqual(['well', 'one_swap', 'one_look', 'done', 'one_how']);
  expect(prove(runbook)).toEqual([]);
});

test('nothing but the fragment itself leads into the middle of it', () => {
  const into =
    '- { id: one, use: steps/swap.yaml }\n- { id: ask, decide: Well?, options: [{ id: again, title: Again, goto: one_look }, { id: no, title: No, end: rolled_back }] }';

  expect(codesOf(load(into, '', { 'steps/swap.yaml': branching }))).toContain('WB309');
});

test('what a branch needs is checked when the fragment is linted alone', () => {
  const broken = branching.replace('goto: look }', 'goto: nowhere }');

  expect(codesOf(loadFragment('swap.yaml', memoryFiles({ 'swap.yaml': broken })))).toContain('WB302');
});
