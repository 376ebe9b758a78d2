import { expect, test } from 'vitest';
import type { Json } from '../../src/runbook/model/values.ts';
import { openWorld, taken, type World } from '../session/fake-world.ts';
import type { TestSession } from '../session/open-test-session.ts';
import { commandsOf, exits, loadShipped, owedBy, seriesOf, walk } from './walked-ends.ts';

/*
 * Every end of the way back on Kubernetes, and what its fragment branches into, over a cluster in memory. The same runs
 * with real kubectl in test/debian.
 */

const book = loadShipped('kubernetes_stateless', 'production');
const [old, failed] = ['sha256:1111', 'sha256:2222'];
const image = (digest: string): string => `registry.example/web@${digest}`;

interface Cluster {
  readonly world: World;
  readonly state: {
    image: string;
    config: string;
    workflow: 'active' | 'disabled_manually';
    sync: string;
    silenced: boolean;
    kept: boolean;
    reverted: boolean;
    /** The old release answers errors too. */
    elsewhere: boolean;
    /** Its revision is gone. */
    pruned: boolean;
    /** Pods that still run the failed release once the new ones are up. */
    laggards: number;
    waiting: string;
    /** The tracker has errors of the failed release that go on. */
    errorsGoOn: boolean;
  };
}

function cluster(more: Partial<Cluster['state']> = {}): Cluster {
  const world = openWorld();
  const state: Cluster['state'] = {
    image: image(failed),
    config: failed,
    workflow: 'active',
    sync: '{"prune":true}',
    silenced: false,
    kept: false,
    reverted: false,
    elsewhere: false,
    pruned: false,
    laggards: 0,
    waiting: '',
    errorsGoOn: false,
    ...more,
  };
  const errorsAfter = (argv: string): number => {
    if (!argv.includes('--released=2026-03-01T09:45:00Z --since=2026-03-01T10:05:00Z')) return 2;
    return state.errorsGoOn ? 3 : 0;
  };
  Object.assign(world.prints, { began: '2026-03-01T09:45:00Z\n', back_since: '2026-03-01T10:05:00Z\n' });
  const runner = { ...world.runner };
  world.runner.run = async (attempt, command, onOutput) => {
    const ending = await runner.run(attempt, command, onOutput);
    if (ending.exitCode !== 0) return ending;
    const text = command.argv.join(' ');
    if (text.includes('walkback-kept=$NAME')) state.kept = true;
    if (text.includes('delete pods -l walkback-kept')) state.kept = false;
    if (text.startsWith('gh workflow'))
      state.workflow = text.includes('disable') ? 'disabled_manually' : 'active';
    if (text.includes('patch application')) state.sync = /"automated":(null|\{.*?\})/.exec(text)?.[1] ?? '';
    if (state.sync === 'null') state.sync = '';
    if (text.startsWith('walkback silence')) state.silenced = text.includes('silence add');
    if (text.startsWith('sh -c text=$(git -C "$CLONE"'))
      state.config = text.includes(' c-old ') ? old : failed;
    if (text.includes('rollout undo')) state.image = image(text.endsWith('=41') ? old : failed);
    if (text.includes('c-old:web.yaml') && text.includes('apply')) state.image = image(old);
    if (text.includes('"$pod" --wait=false')) state.laggards = 0;
    if (text.includes('status.phase=Pending')) state.waiting = '';
    return ending;
  };
  world.measurer.measure = async (probe, fill) => {
    const runs = state.image === image(old) && !state.elsewhere;
    const asked = probe.source.kind === 'run' ? probe.source.command.program : null;
    const argv = asked?.kind === 'argv' ? asked.argv.map((part) => String(fill(part))).join(' ') : '';
    const digest = state.image.split('@')[1] ?? '';
    const answers: Record<string, Json> = {
      errors: runs ? 0.001 : 0.2,
      requests: 500,
      slower: 1,
      restarts: 0,
      released: '2026-03-01T09:45:00Z',
      config_changed: 'config.yaml',
      config_differs: state.config === old ? '0' : '1',
      image: state.image,
      kept: state.kept ? 'pod/web-1' : '',
      silence_state: state.silenced ? 'active until noon' : 'expired',
      ci_state: state.workflow,
      ci_under_way: [],
      gitops_owned_by: '',
      gitops_own: state.sync,
      gitops_owners: '',
      gitops_parents: '',
      back_where: '3f0c7a9e-5d4b-4c0e-8f43-2a9d6f1f0b77',
      back_image: state.image,
      back_live_revision: '42',
      back_paused: null,
      back_revisions: `${state.pruned ? '' : `41 ${image(old)}\n`}42 ${image(failed)}`,
      back_pods: [1, 2, 3].map((n) => `web-${n} ${image(n <= state.laggards ? failed : digest)}`).join('\n'),
      back_waiting: state.waiting,
      back_events: '',
    };
    const answer = answers[probe.id ?? ''];
    if (answer !== undefined) return taken(answer);
    if (argv.includes('get namespace')) return taken('3f0c7a9e-5d4b-4c0e-8f43-2a9d6f1f0b77');
    if (argv.startsWith('walkback errors')) return exits(errorsAfter(argv));
    if (argv.includes('/dispatches')) return exits(state.workflow === 'active' ? 0 : 3);
    if (argv.includes('head-contains')) return exits(state.reverted ? 3 : 0);
    if (argv.includes('diff -f -')) return exits(state.reverted === runsOld(state.image) ? 0 : 1);
    if (argv.startsWith('git -C repo show')) return taken(`image: ${image(old)}`);
    if (argv.includes('go-template')) return taken(['web-1', 'web-2', 'web-3']);
    if (argv.includes('get pod web-')) return taken(state.image);
    if (argv.includes('proxy/healthz')) return exits(state.elsewhere && state.image === image(old) ? 1 : 0);
    return exits(0, 'ok');
  };
  // the hour before the release, and now
  world.measurer.series = seriesOf((probe, atMs) => {
    const before = atMs < Date.parse('2026-03-01T09:45:00Z');
    const errors = before || (state.image === image(old) && !state.elsewhere) ? 0.001 : 0.2;
    const values: Record<string, number> = { latency: 0.2 + ((atMs / 1000) % 7) / 1000, errors, up: 1 };
    return values[probe.id ?? ''] ?? 0;
  });
  return { world, state };
}

const runsOld = (text: string): boolean => text === image(old);

const open = ({ world }: Cluster): Promise<TestSession> =>
  book.open(world, {
    inputs: { release: '2.0.0', revision: '41', digest: old, commit: 'c-old', failed_commit: 'c-failed' },
    monitored: true,
  });

const rollback = { what_to_do: 'rollback' };
const outcomeOf = ({ session }: TestSession) => session.view().outcome;

/** Goes on to the step where git has to say what runs, and reverts there. */
async function throughRevert(
  made: Cluster,
  session: TestSession,
  answers: Readonly<Record<string, string>>,
  at = 'git_says_so',
): Promise<void> {
  await walk(session, answers, at);
  made.state.reverted = true;
  await walk(session, answers);
}

/** Over: nothing is held, silenced or kept, and nothing is owed. */
function expectCluster({ state }: Cluster, session: TestSession, digest: string): void {
  expect(session.session.view().status).toBe('closed');
  expect({ ...state }).toMatchObject({
    image: image(digest),
    config: digest,
    workflow: 'active',
    sync: '{"prune":true}',
    silenced: false,
    kept: false,
  });
  expect(owedBy(session)).toEqual([]);
}

test('the release goes back with its configuration, and everything that was held is given back', async () => {
  const made = cluster();
  const session = await open(made);
  await walk(session, rollback, 'git_says_so');
  expect(made.state).toMatchObject({ workflow: 'disabled_manually', sync: '', silenced: true, kept: true });
  await throughRevert(made, session, rollback);

  expect(outcomeOf(session)).toBe('rolled_back');
  expectCluster(made, session, old);
});

test('while git still says the failed release, the debt stays open', async () => {
  const made = cluster();
  const session = await open(made);
  await walk(session, rollback, 'git_says_so');

  await expect(walk(session, rollback)).rejects.toThrow('git_says_so failed');
  expect(owedBy(session)).toContain('open: The manifest on origin/main must say what runs');
  expect(made.state.workflow).toBe('disabled_manually');
});

test.each(['flag', 'nothing'])('who decides for “%s” has changed nothing', async (option) => {
  const made = cluster();
  const session = await open(made);
  await walk(session, { what_to_do: option });

  expect([outcomeOf(session), made.world.ran]).toEqual(['not_needed', []]);
});

test('where the cause is elsewhere the old release may stay, or an abort brings the failed one again', async () => {
  const made = cluster({ elsewhere: true });
  const stays = await open(made);
  await walk(stays, rollback, 'which_way');
  await throughRevert(made, stays, { which_way: 'keep_old' }, 'close_open');
  expect([outcomeOf(stays), stays.status('elsewhere')]).toEqual(['not_possible', 'done']);
  expectCluster(made, stays, old);

  const other = cluster({ elsewhere: true });
  const back = await open(other);
  await walk(back, rollback, 'which_way');
  await back.say('abort', { reason: 'the old release is worse' });
  // what the pipeline would deploy next is still the failed release: that one is not given back by the way
  await expect(walk(back)).rejects.toThrow('@back');
  expect(other.state).toMatchObject({ image: image(failed), config: failed, workflow: 'disabled_manually' });
});

test('errors of the failed release that go on are no way back, whatever the ratio says', async () => {
  const made = cluster({ errorsGoOn: true });
  const session = await open(made);
  await walk(session, rollback, 'old_errors');
  await session.clock.advance(20 * 60_000);
  await walk(session, {}, 'which_way');
  expect(['calm', 'old_errors', 'as_before'].map((step) => session.record(step)?.status)).toEqual([
    'done',
    'failed',
    'done',
  ]);
  made.state.errorsGoOn = false;
  await throughRevert(made, session, { which_way: 'again' });
  expect(outcomeOf(session)).toBe('rolled_back');
});

test('a revision that was pruned comes from the manifest in git', async () => {
  const made = cluster({ pruned: true });
  const session = await open(made);
  await throughRevert(made, session, { ...rollback, back_applied: 'watch' });

  expect(outcomeOf(session)).toBe('rolled_back');
  expectCluster(made, session, old);
  expect(commandsOf(session, 8).filter((text) => text.includes('rollout undo'))).toEqual([]);
});

test('pods that do not come up are deleted, and watched again', async () => {
  const made = cluster({ waiting: 'web-4 CrashLoopBackOff' });
  made.world.endings['back_rolled_out'] = [1, 0];
  const session = await open(made);
  await throughRevert(made, session, rollback);

  expect(session.status('back_unstick')).toBe('done');
  expect(outcomeOf(session)).toBe('rolled_back');
});

test('pods that lag are deleted, and counted again', async () => {
  const made = cluster({ laggards: 1 });
  const session = await open(made);
  await throughRevert(made, session, rollback);

  expect(session.status('back_restart_laggards')).toBe('done');
  expect(outcomeOf(session)).toBe('rolled_back');
  expectCluster(made, session, old);
});
