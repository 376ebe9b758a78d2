import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAlive, markedProcesses } from '../../src/actions/attempts/process-table.ts';
import { readSupervisor } from '../../src/actions/supervisor/supervisor-record.ts';
import { attachClient } from '../../src/agent/client.ts';
import { dial } from '../../src/agent/socket.ts';
import { sessionFolder } from '../../src/cli/starting/session-folder.ts';
import type { Fact, FactOf } from '../../src/machine/facts.ts';
import { until } from '../fixtures/runner/open-test-runner.ts';
import { settled } from '../torture-lib/session-bench.ts';
import { bundleSessionPrograms } from '../torture-lib/session-programs.ts';
import type { SessionPrograms } from '../torture-lib/session-programs.ts';
import { tellStory } from '../torture-lib/story.ts';
import type { Story } from '../torture-lib/story.ts';

let programs: SessionPrograms;
beforeAll(async () => {
  programs = await bundleSessionPrograms();
}, 120_000);
afterAll(() => programs.remove());

const limit = { timeout: 240_000 };
const numbers = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join('');
const printed = createHash('sha256')
  .update(numbers + numbers)
  .digest('hex');

const of = <Type extends Fact['type']>(facts: readonly Fact[], type: Type): readonly FactOf<Type>[] =>
  facts.filter((fact): fact is FactOf<Type> => fact.type === type);

function kill(pid: number | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (pid === undefined) throw new Error('there is nobody to kill');
  process.kill(pid, signal);
}

const supervisorOf = ({ bench }: Story) => readSupervisor(sessionFolder(bench.around, bench.session));

async function killSupervisor(story: Story): Promise<void> {
  const supervisor = supervisorOf(story);
  kill(supervisor?.pid);
  await until('the supervisor is gone', () => supervisor === null || !isAlive(supervisor));
}

async function killAgent({ bench }: Story): Promise<void> {
  kill(bench.pids().host);
  await until('the agent is gone', () => bench.isGone('host'));
}

/** The newest view, once the slow change is shown in this state. */
async function shown({ bench }: Story, status: string) {
  await until(`it is ${status}`, () => bench.view()?.current[0]?.status === status, 60_000);
  return bench.view()?.current[0];
}

describe('with a command under way', () => {
  test(
    'an agent that is killed is replaced by one that re-attaches and gets the whole output and the exit code',
    limit,
    () =>
      tellStory(programs, async (story) => {
        await story.begin();
        await killAgent(story);
        story.bench.repair();
        await shown(story, 'performing');
        expect(of(story.facts(), 'attempt.found').map(({ verdict }) => verdict)).toEqual(['running']);
        expect(story.bench.view()?.obligations.map(({ key, state }) => [key, state])).toEqual([
          ['bent', 'open'],
        ]);
        story.letGo();
        await shown(story, 'failed');
        const [ended, ...more] = of(story.facts(), 'command.ended');
        expect(more).toEqual([]);
        expect(ended).toMatchObject({ ending: 'exited', exitCode: 7, doubt: null });
        expect(ended?.output?.sha256).toBe(printed);
        expect(story.lines('journal')).toEqual(['begin', 'end']);
      }),
  );

  test('a supervisor that is killed leaves the command running, and in doubt once it has ended', limit, () =>
    tellStory(programs, async (story) => {
      await story.begin();
      await killSupervisor(story);
      expect(markedProcesses({ session: story.bench.session, attempt: 'change#1' })).not.toEqual([]);
      expect(story.bench.view()?.current[0]?.status).toBe('performing');
      story.letGo();
      const step = await doubted(story);
      expect(step?.probe?.value).toBe('"1"');
      expect(story.lines('journal')).toEqual(['begin', 'end']);
      expect(story.lines('effects')).toEqual(['change']);
    }),
  );

  test(
    'agent and supervisor killed together: the next agent finds it running, unsupervised, and later in doubt',
    limit,
    () =>
      tellStory(programs, async (story) => {
        await story.begin();
        await killSupervisor(story);
        await killAgent(story);
        story.bench.repair();
        await shown(story, 'performing');
        expect(of(story.facts(), 'attempt.found').map(({ verdict }) => verdict)).toEqual(['running']);
        story.letGo();
        const step = await doubted(story);
        expect(step?.probe?.value).toBe('"1"');
        expect(story.lines('journal')).toEqual(['begin', 'end']);
        expect(story.bench.view()?.obligations.map(({ state }) => state)).toEqual(['open']);
      }),
  );

  test('a screen that is killed takes nothing along: the agent records how the command ended', limit, () =>
    tellStory(programs, async (story) => {
      await story.begin();
      kill(story.bench.pids().screen);
      await until('the screen is gone', () => story.bench.isGone('screen'));
      await until('the agent noticed', () => of(story.facts(), 'client.detached').length > 0, 60_000);
      story.letGo();
      await until('the ending is recorded', () => of(story.facts(), 'command.ended').length === 1, 60_000);
      expect(of(story.facts(), 'client.detached')).toHaveLength(1);
      expect(of(story.facts(), 'session.resumed')).toEqual([]);
      story.bench.repair();
      expect((await shown(story, 'failed'))?.problem?.code).toBe('exit');
    }),
  );

  test(
    'a hang-up does not move the agent; SIGTERM stops it at the boundary, and the session goes on from there',
    limit,
    () =>
      tellStory(programs, async (story) => {
        await story.begin();
        kill(story.bench.pids().host, 'SIGHUP');
        kill(story.bench.pids().host, 'SIGTERM');
        await until('the stop is recorded', () => of(story.facts(), 'session.stopped').length === 1, 60_000);
        expect(story.bench.isGone('host')).toBe(false);
        expect(of(story.facts(), 'command.ended')).toEqual([]);
        story.letGo();
        await until('the agent has ended', () => story.bench.isGone('host'), 60_000);
        expect(story.bench.exitCode()).toBe(143);
        expect(of(story.facts(), 'command.ended')).toMatchObject([{ ending: 'exited', exitCode: 7 }]);
        story.bench.repair();
        await shown(story, 'failed');
        expect(of(story.facts(), 'attempt.found')).toEqual([]);
        expect(story.lines('journal')).toEqual(['begin', 'end']);
      }),
  );

  test(
    'a second SIGTERM is obeyed at once: the command goes on, and the next agent has its ending',
    limit,
    () =>
      tellStory(programs, async (story) => {
        await story.begin();
        kill(story.bench.pids().host, 'SIGTERM');
        await until('the stop is recorded', () => of(story.facts(), 'session.stopped').length === 1, 60_000);
        kill(story.bench.pids().host, 'SIGTERM');
        await until('the agent has ended', () => story.bench.isGone('host'), 60_000);
        story.letGo();
        await until('the command has ended', () => story.lines('journal').includes('end'), 60_000);
        story.bench.repair();
        await shown(story, 'failed');
        const [ended] = of(story.facts(), 'command.ended');
        expect(ended).toMatchObject({ ending: 'exited', exitCode: 7 });
        expect(ended?.output?.sha256).toBe(printed);
      }),
  );
});

async function doubted({ bench }: Story) {
  await until(
    'the step is in doubt and its probe was read',
    () => bench.view()?.current[0]?.status === 'in_doubt' && bench.view()?.current[0]?.probe !== null,
    60_000,
  );
  return bench.view()?.current[0];
}

test('one terminal drives and the others watch; a take-over turns that round', limit, () =>
  tellStory(programs, async (story) => {
    const view = await settled(story.bench, 0);
    const connection = await dial(story.bench.socket);
    if (connection === null) throw new Error('the agent does not listen');
    const other = await attachClient(connection, { user: 'grace', client: 'test', drives: true });
    const step = view.current[0];
    if (step === undefined) throw new Error('there is no step');
    const skip = {
      type: 'skip',
      place: step.place,
      attempt: step.attempt,
      reason: 'not now',
      override: true,
    } as const;
    expect(other.drives()).toBe(false);
    expect(await other.send(skip)).toMatchObject({ ok: false, code: 'E_WATCHING' });
    expect(await other.send({ type: 'note', text: 'seen from here' })).toEqual({ ok: true });
    expect(await other.takeOver()).toEqual({ ok: true });
    expect(other.drives()).toBe(true);
    story.bench.send(skip);
    await until('the first terminal is refused', () => story.bench.refusals.length === 1, 60_000);
    expect(story.bench.refusals[0]?.code).toBe('E_WATCHING');
    expect(await other.send(skip)).toEqual({ ok: true });
    await until('the step was passed over', () => other.view().current[0]?.place.step === 'after', 60_000);
    other.detach();
  }),
);

test('two that resume at the same instant end up with one writer', limit, () =>
  tellStory(programs, async (story) => {
    await story.begin();
    for (let round = 1; round <= 4; round += 1) {
      await killAgent(story);
      expect(await story.bench.race(3)).toEqual([0, 0]);
      await shown(story, 'performing');
      expect(of(story.facts(), 'session.resumed')).toHaveLength(round);
    }
    story.letGo();
    await shown(story, 'failed');
    expect(of(story.facts(), 'command.ended')).toHaveLength(1);
    expect(story.lines('journal')).toEqual(['begin', 'end']);
    expect(story.readLedger((ledger) => ledger.verify(story.bench.session))).toMatchObject({ ok: true });
  }),
);
