import { expect, test } from 'vitest';
import { allSteps } from '../../src/runbook/model.ts';
import { codesOf, load, loaded } from './memory-files.ts';

const blocks = `inputs:
  target: { type: version, ask: Which release? }
  flag: { type: string, ask: Which flag? }
probes:
  schema_now: { run: [schema, now] }`;

const settle = `- { id: pick, decide: What about the lines?, options: [{ id: keep, title: Keep them }, { id: drop, title: Drop them }] }`;

/** The titles of a runbook that nobody runs. */
const titlesOf = (steps: string) => allSteps(loaded(steps, blocks)).map(({ title }) => title);

test.each([
  ['an input', "title: 'Back to ${{ inputs.target }}'", 'Back to <target>'],
  ['a fact of the session', "title: 'Of ${{ session.id }}'", 'Of <session id>'],
  ['a measurement', "title: 'From ${{ probes.schema_now }}'", 'From <schema now>'],
  ['an answer', "title: 'Then: ${{ steps.pick.answer }}'", 'Then: <known after “What about the lines?”>'],
  ['more than a name', 'title: \'At ${{ inputs.flag + "x" }}\'', 'At <known at this step>'],
])('before a session the place of %s is a plain word', (_what, title, said) => {
  expect(titlesOf(`${settle}\n- { id: next, ${title}, run: [look], read_only: true }`).at(-1)).toBe(said);
});

test('a step without a title is called by its words, never by an expression', () => {
  const titles =
    titlesOf(`- { id: asked, decide: 'Back to ${'${{'} inputs.target }}?', options: [{ id: yes, title: 'To ${'${{'} inputs.target }}' }] }
- { id: hand, read_only: true, manual: "Look at ${'${{'} inputs.target }}.\\nThen say so." }
- { id: go, run: [deploy, '${'${{'} inputs.target }}'], undo: { run: [deploy, old] } }
- { id: in_time, wait: { until: '${'${{'} now }}' } }`);
  expect(titles).toEqual(['Back to <target>?', 'Look at <target>.', 'deploy <target>', 'Wait until <now>']);
  expect(JSON.stringify(titles)).not.toContain('inputs.');
});

test('a name in a title that does not exist is found where it stands', () => {
  const wrong = `- { id: go, title: 'To ${'${{'} inputs.tarket }}', run: [look], read_only: true }`;
  expect(codesOf(load(wrong, blocks))).toContain('WB402');
});
