import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { examineAny } from '../../src/cli/load.ts';
import { prove } from '../../src/machine/proofs.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import type { Setting } from './open-test-session.ts';
import { openTestSession } from './open-test-session.ts';
import { openWorld } from './fake-world.ts';

const { loaded } = examineAny(path.resolve(import.meta.dirname, '../../runbooks/adhoc/adhoc.yaml'));
if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
const runbook: Runbook = loaded.runbook;

/** A session without a runbook, and what a person types in it. */
async function openAdhoc(setting: Partial<Setting> = {}) {
  const stage = await openTestSession({ runbook, ...setting });
  return { ...stage, ...handsOn(stage) };
}

const handsOn = (stage: Awaited<ReturnType<typeof openTestSession>>) => ({
  choose: (option: string, fields: Readonly<Record<string, string>> = {}) =>
    stage.say('choose', { option, fields, reason: null }),
  /** Types a command and says yes to it. */
  command: async (text: string, option = 'command', more: Readonly<Record<string, string>> = {}) => {
    await stage.say('choose', { option, fields: { command: text, ...more }, reason: null });
    return stage.say('run');
  },
  typed: () => stage.world.ran.map((attempt) => stage.world.argv.get(attempt)?.at(-1)),
});

describe('a session without a runbook', () => {
  test('asks what next, shows what was typed in full with its target, and runs it after a yes', async () => {
    const { at, choose, say, world, facts } = await openAdhoc();
    expect(at().place).toEqual({ step: 'next', item: '0' });
    await choose('command', { command: 'kubectl rollout undo deploy/shop' });
    expect(world.ran).toEqual([]);
    expect(at()).toMatchObject({
      status: 'ready',
      shown: {
        argv: ['sh', '-c', 'kubectl rollout undo deploy/shop'],
        where: 'workstation',
        target: 'adhoc@staging',
        confirm: 'yes',
      },
    });
    await say('run');
    expect(world.argv.get('command@0#1')).toEqual(['sh', '-c', 'kubectl rollout undo deploy/shop']);
    const intent = facts('step.intent').find(({ place }) => place.step === 'command');
    expect(intent?.command?.argv).toEqual(['sh', '-c', 'kubectl rollout undo deploy/shop']);
    expect(at().place).toEqual({ step: 'next', item: '1' });
  });

  test('goes on for as long as there is something to do, each command once, with its own words', async () => {
    const { command, typed, session, facts } = await openAdhoc();
    const commands = Array.from({ length: 30 }, (_none, index) => `echo ${index}`);
    for (const text of commands) expect(await command(text)).toEqual({ ok: true });
    expect(typed()).toEqual(commands);
    expect(facts('step.passed_over')).toEqual([]);
    const turns = session.view().phases[0]?.steps[0];
    expect(turns?.items).toEqual({ done: 30, total: null });
  });

  test('a field that is left out is asked for, and nothing runs', async () => {
    const { choose, world, at } = await openAdhoc();
    expect(await choose('command', { command: '  ' })).toMatchObject({ ok: false, code: 'E_FIELDS' });
    expect(at().place.step).toBe('next');
    expect(world.ran).toEqual([]);
  });

  test('what is typed is text: places in it are not filled, and quotes stay', async () => {
    const { command, typed } = await openAdhoc();
    const text = `echo "\${{ session.id }}" '$HOME' \\ ; rm -- 'a b'`;
    await command(text);
    expect(typed()).toEqual([text]);
  });

  test('a command that fails is asked about: again, or on with a reason', async () => {
    const world = openWorld();
    world.endings['command'] = [3, 0];
    const { command, at, say } = await openAdhoc({ world });
    await command('false');
    expect(at()).toMatchObject({ status: 'failed', place: { step: 'command', item: '0' } });
    await say('retry');
    await say('run');
    expect(world.ran).toEqual(['command@0#1', 'command@0#2']);
    expect(at().place).toEqual({ step: 'next', item: '1' });
  });

  test('over ssh the other machine is in the words that are shown', async () => {
    const { choose, at } = await openAdhoc();
    await choose('elsewhere', { host: 'db1.example', command: 'uptime' });
    expect(at().shown).toMatchObject({ where: 'ssh db1.example', argv: ['sh', '-c', 'uptime'] });
  });

  test('each debt has its own title and its own way back, and is owed until somebody has seen it given back', async () => {
    const { command, choose, say, session, world, at } = await openAdhoc();
    await command('pause ci', 'owing', { owed: 'The pipeline is paused', give_back: 'resume ci' });
    await command('silence', 'owing', { owed: 'Alerts are silent', give_back: 'unsilence' });
    await command('date');
    expect(session.view().obligations).toMatchObject([
      { title: 'The pipeline is paused', state: 'open', release: ['sh', '-c', 'resume ci'] },
      { title: 'Alerts are silent', state: 'open', release: ['sh', '-c', 'unsilence'] },
    ]);
    await choose('give_back');
    expect(at().shown).toMatchObject({
      title: 'Give back: The pipeline is paused',
      argv: ['sh', '-c', 'resume ci'],
    });
    await say('run');
    expect(at().status).toBe('verifying');
    await say('report', { result: 'pass', text: 'it builds again' });
    expect(at().shown).toMatchObject({ argv: ['sh', '-c', 'unsilence'] });
    await say('run');
    await say('report', { result: 'pass', text: 'it rings' });
    expect(session.view().obligations.map(({ state }) => state)).toEqual(['proved', 'proved']);
    expect([...world.argv.values()].map((argv) => argv.at(-1))).toEqual([
      'pause ci',
      'silence',
      'date',
      'resume ci',
      'unsilence',
    ]);
    await choose('mitigated');
    expect(session.view()).toMatchObject({ status: 'closed', outcome: 'mitigated' });
  });

  test('its end gives back first what is still owed', async () => {
    const { command, choose, at, say, session } = await openAdhoc();
    await command('pause ci', 'owing', { owed: 'The pipeline is paused', give_back: 'resume ci' });
    await choose('rolled_back');
    expect(at()).toMatchObject({ kind: 'release', shown: { argv: ['sh', '-c', 'resume ci'] } });
    expect(session.view().status).toBe('running');
    await say('run');
    await say('report');
    expect(session.view()).toMatchObject({ status: 'closed', outcome: 'rolled_back' });
  });

  test.each(['rolled_back', 'mitigated', 'rolled_forward', 'not_needed', 'not_possible'] as const)(
    'ends as %s, with nothing owed',
    async (outcome) => {
      const { command, choose, session, world } = await openAdhoc();
      await command('look around');
      await choose(outcome);
      expect(session.view()).toMatchObject({ status: 'closed', outcome, obligations: [] });
      expect(world.ran).toHaveLength(1);
    },
  );

  test('an abort takes back what can be undone, newest first, each with the words of its own command', async () => {
    const { command, say, typed, session, at } = await openAdhoc();
    await command('do 1', 'undoable', { undo: 'undo 1' });
    await command('pause ci', 'owing', { owed: 'The pipeline is paused', give_back: 'resume ci' });
    await command('do 2', 'undoable', { undo: 'undo 2' });
    await say('abort', { reason: 'wrong system' });
    expect(at().shown?.argv).toEqual(['sh', '-c', 'undo 2']);
    await say('run');
    await say('run');
    await say('report');
    await say('run');
    expect(typed()).toEqual(['do 1', 'pause ci', 'do 2', 'undo 2', 'resume ci', 'undo 1']);
    expect(session.view().outcome).toBe('aborted');
  });

  test('after a crash in the middle of a command it is in doubt, and never run again by itself', async () => {
    const world = openWorld();
    world.endings['command'] = ['stays'];
    const first = await openAdhoc({ world });
    await first.command('migrate');
    world.finds['command@0#1'] = { verdict: 'in_doubt', doubt: 'no_outcome', detail: 'no outcome was left' };
    const second = await first.dies('resumed');
    await second.clock.advance(600_000);
    expect(second.at()).toMatchObject({ status: 'in_doubt', attempt: 'command@0#1' });
    expect(second.at().shown?.argv).toEqual(['sh', '-c', 'migrate']);
    expect(world.ran).toEqual(['command@0#1']);
    await second.say('resolve_doubt', { as: 'done', reason: 'looked at it' });
    expect(second.at().place).toEqual({ step: 'next', item: '1' });
    await handsOn(second).command('date');
    expect(world.argv.get('command@1#1')).toEqual(['sh', '-c', 'date']);
  });

  test('in production the target is typed before the first command', async () => {
    const { choose, at, say, world } = await openAdhoc({
      started: { environment: 'production', production: true },
    });
    await choose('command', { command: 'date' });
    expect(at().shown).toMatchObject({ confirm: 'name', name: 'adhoc@production' });
    expect(await say('run', { typed: null })).toMatchObject({ ok: false });
    expect(world.ran).toEqual([]);
    await say('run', { typed: 'adhoc@production' });
    expect(world.ran).toEqual(['command@0#1']);
  });

  test('it is proved like any runbook: nothing but commands without a way back is warned of', () => {
    expect(prove(runbook).filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(loaded.ok && loaded.warnings.map(({ code }) => code)).toEqual(['WB501', 'WB501']);
  });
});
