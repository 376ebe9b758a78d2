import { expect, test } from 'vitest';
import { openWorld, taken, type World } from '../session/fake-world.ts';
import type { TestSession } from '../session/open-test-session.ts';
import { commandsOf, exits, loadShipped, owedBy, walk } from './walked-ends.ts';

/*
 * Every end of the way back of a configuration, and what its fragment branches into, over hosts in memory. The same runs
 * against real Ansible and nginx in test/debian.
 */

const book = loadShipped('config_revert', 'production');
const [old, failed] = ['9b2c1f0a', '4f2a91c0'];

interface Hosts {
  readonly world: World;
  readonly state: {
    checkedOut: string;
    readonly config: Record<string, string>;
    automation: 'on' | 'held';
    /** Files with a copy beside them. */
    copies: boolean;
    merged: boolean;
    byHand: boolean;
    /** The cause is not the configuration. */
    elsewhere: boolean;
    unreadable: boolean;
    sick: string;
  };
}

function hosts(more: Partial<Hosts['state']> = {}): Hosts {
  const world = openWorld();
  world.prints['back_plan'] = `plan sha256:${'a'.repeat(64)}\n`;
  world.prints['back_since'] = '2026-03-01T10:05:00Z\n';
  const names = ['web1', 'web2', 'web3', 'web4', 'web5', 'web6', 'web7', 'web8'];
  const state: Hosts['state'] = {
    checkedOut: failed,
    config: Object.fromEntries(names.map((name) => [name, failed])),
    automation: 'on',
    copies: false,
    merged: false,
    byHand: false,
    elsewhere: false,
    unreadable: false,
    sick: '',
    ...more,
  };
  const put = (limit: string, commit: string): void => {
    for (const name of limit === 'all' ? names : limit.split(',')) state.config[name] = commit;
  };
  const runner = { ...world.runner };
  world.runner.run = async (attempt, command, onOutput) => {
    const ending = await runner.run(attempt, command, onOutput);
    if (ending.exitCode !== 0) return ending;
    const { argv } = command;
    const text = argv.join(' ');
    if (argv[0] === 'mv') state.automation = 'held';
    if (text.startsWith('sh -c test ! -e')) state.automation = 'on';
    if (argv.includes('checkout')) state.checkedOut = argv.at(-1) ?? '';
    if (text.includes('|| cp -p "$file" "$file.walkback')) state.copies = true;
    if (text.includes('rm -f "$file.walkback')) state.copies = false;
    if (text.includes('do cp -p "$file.walkback')) {
      state.unreadable = false;
      put(argv[3] ?? '', failed);
    }
    if (text.includes('--diff --skip-tags reload --limit')) put(argv.at(-1) ?? '', state.checkedOut);
    if (text.startsWith('git -C repo fetch')) state.merged = true;
    return ending;
  };
  world.measurer.measure = async (probe, fill) => {
    const back = Object.values(state.config).every((commit) => commit === old);
    if (probe.id === 'unhealthy') return taken(back && !state.elsewhere ? 0 : 0.3);
    if (probe.id === 'more_refused') return taken(back && !state.elsewhere ? 0 : 0.09);
    if (probe.id === 'refused') return taken(back && !state.elsewhere ? 0.001 : 0.1);
    const asked = probe.source.kind === 'run' ? probe.source.command.program : null;
    const argv = asked?.kind === 'argv' ? asked.argv.map((part) => String(fill(part))) : [];
    const text = argv.join(' ');
    if (text === 'cat repo/environment') return taken('production');
    if (probe.id === 'automation') return taken(state.automation);
    if (probe.id === 'back_tag_is') return taken(old);
    if (probe.id === 'back_checked_out') return taken(state.checkedOut);
    if (text.startsWith('walkback planned empty')) {
      const asDeployed = state.checkedOut === failed ? !state.byHand : back;
      return exits(asDeployed ? 0 : 3);
    }
    if (text.includes('syntax_check')) return exits(state.unreadable ? 1 : 0);
    if (text.startsWith('repo/healthy')) return exits(argv.at(-1) === state.sick ? 1 : 0);
    if (text.includes('test ! -e "$file.walkback')) return exits(state.copies ? 1 : 0);
    if (text.includes('diff --quiet')) return exits(state.merged ? 0 : 1);
    return exits(0, 'ok');
  };
  return { world, state };
}

const open = ({ world }: Hosts, env: Readonly<Record<string, string>> = {}): Promise<TestSession> =>
  book.open(world, {
    env: { ...book.env, ...env },
    inputs: {
      tag: 'v1.9.3',
      commit: old,
      deployed: failed,
      applied_at: '2026-03-01T09:45:00Z',
      skipped: 'none',
    },
  });

const rollback = { what_to_do: 'rollback', back_agree: 'aaaaaaaa' };
const outcomeOf = ({ session }: TestSession) => session.view().outcome;
const limits = (session: TestSession): readonly string[] =>
  [...session.world.argv.values()]
    .filter((argv) => argv.includes('--diff') && argv.includes('--limit'))
    .map((argv) => argv.at(-1) ?? '');

/** Nothing is held, nothing lies about, and every host has this configuration. */
function expectHosts({ state }: Hosts, session: TestSession, commit: string): void {
  expect(session.session.view().status).toBe('closed');
  expect(new Set(Object.values(state.config))).toEqual(new Set([commit]));
  expect({ ...state, config: null }).toMatchObject({ automation: 'on', copies: false });
  expect(owedBy(session)).toEqual([]);
}

test('the configuration goes back, one host first and the rest in batches, and nothing is owed', async () => {
  const made = hosts();
  const session = await open(made);
  await walk(session, rollback);

  expect(outcomeOf(session)).toBe('rolled_back');
  expectHosts(made, session, old);
  expect(limits(session)).toEqual(['web1', 'web2,web3', 'web4,web5', 'web6,web7', 'web8']);
});

test.each([
  ['a space too many', 'web2  web3 ', ['web1', 'web2', 'web3']],
  ['no host besides the first one', 'none', ['web1']],
])(
  'a list of batches with %s has no empty batch: for Ansible that would be every host',
  async (_what, rest, batches) => {
    const session = await open(hosts(), { rest });
    await walk(session, rollback, 'back_nothing_left');
    expect(limits(session)).toEqual(batches);
  },
);

test('who leaves it as it is has changed nothing', async () => {
  const made = hosts();
  const session = await open(made);
  await walk(session, { what_to_do: 'nothing' });

  expect([outcomeOf(session), made.world.ran]).toEqual(['not_needed', []]);
});

test('where the cause is elsewhere the old configuration may stay, or an abort puts the files back', async () => {
  const made = hosts({ elsewhere: true });
  const stays = await open(made);
  await walk(stays, rollback, 'which_way');
  await walk(stays, { which_way: 'keep_old' });
  expect([outcomeOf(stays), stays.status('elsewhere')]).toEqual(['not_possible', 'done']);
  expectHosts(made, stays, old);

  const other = hosts({ elsewhere: true });
  const back = await open(other);
  await walk(back, rollback, 'which_way');
  await back.say('abort', { reason: 'it is no better' });
  await walk(back);
  expect(outcomeOf(back)).toBe('aborted');
  expectHosts(other, back, failed);
});

test.each([
  ['written over', 'overwrite', []],
  ['put into git', 'codify', ['carried: An edit made by hand must come into git']],
] as const)('an edit made by hand is %s on the way', async (_how, answer, owed) => {
  const made = hosts({ byHand: true });
  const session = await open(made);
  await walk(session, { ...rollback, back_what_about_it: answer });

  expect(outcomeOf(session)).toBe('rolled_back');
  expect(owedBy(session)).toEqual(owed);
});

test('files that cannot be read are never reloaded: the prior ones are put back, and it is planned again', async () => {
  const made = hosts({ unreadable: true });
  const session = await open(made);
  await walk(session, rollback, 'back_what_next');
  expect(commandsOf(session, 9).filter((text) => text.includes('--tags reload'))).toEqual([
    'ansible-playbook -i repo/hosts repo/site.yml --tags reload', // all of them, with the old files
  ]);
  await walk(session, { ...rollback, back_what_next: 'plan_again' });

  expect(outcomeOf(session)).toBe('rolled_back');
  expectHosts(made, session, old);
});

test('a host that does not work stops the batches behind it', async () => {
  const made = hosts({ sick: 'web2,web3' });
  const session = await open(made);
  await walk(session, rollback, 'back_which_way');
  expect(limits(session)).toEqual(['web1', 'web2,web3']);
  made.state.sick = '';
  await walk(session, { ...rollback, back_which_way: 'once_more' });

  expect(outcomeOf(session)).toBe('rolled_back');
  expectHosts(made, session, old);
});
