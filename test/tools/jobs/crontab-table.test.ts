import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  changedLines,
  pausedJobs,
  pausedTable,
  readPause,
  restoredTables,
  runningJobs,
} from '../../../src/tools/jobs/crontab-table.ts';
import { crontabState, pauseCrontab, restoreCrontab, type Crontab } from '../../../src/tools/jobs/crontab.ts';

const table = `MAILTO=ops@shop.example
# the nightly settlement
15 2 * * *\t/srv/shop/bin/settle  --all   % stdin
@daily /srv/shop/bin/clean

  */5 * * * * /usr/bin/backup
`;

/** A table that is kept in memory; `crontab` itself is tried in test/debian. */
function memoryCrontab(first: string | null): Crontab & { table: string | null } {
  const held = {
    table: first,
    read: async () => held.table,
    write: async (next: string | null) => {
      held.table = next;
    },
  };
  return held;
}

test('a pause comments every job out, keeps variables and comments, and says how it ends', async () => {
  const cron = memoryCrontab(table);

  expect(await pauseCrontab(cron, null, 'now by ada')).toMatchObject({
    state: 'paused',
    paused: 3,
    running: 0,
  });
  expect(cron.table).toContain('\nMAILTO=ops@shop.example\n# the nightly settlement\n');
  expect(cron.table).toMatch(/^#walkback paused now by ada; ends with: walkback jobs crontab restore\n/);
  expect(runningJobs(cron.table ?? '')).toBe(0);
});

test('a pause of some jobs lets the others run', async () => {
  const cron = memoryCrontab(table);

  expect(await pauseCrontab(cron, '/srv/shop', 'now by ada')).toMatchObject({ paused: 2, running: 1 });
  expect(await restoreCrontab(cron, null)).toMatchObject({ did: 'restored' });
  expect(cron.table).toBe(table);
  await expect(pauseCrontab(cron, 'nothing like it', 'now by ada')).rejects.toMatchObject({ exitCode: 3 });
});

test('pausing and restoring again changes nothing', async () => {
  const cron = memoryCrontab(table);
  await pauseCrontab(cron, null, 'now by ada');
  const paused = cron.table;

  expect(await pauseCrontab(cron, null, 'later by grace')).toMatchObject({ already: true });
  expect(cron.table).toBe(paused);
  await restoreCrontab(cron, null);
  expect(await restoreCrontab(cron, null)).toMatchObject({ did: 'nothing' });
  expect(cron.table).toBe(table);
});

test('where there was no table there is none again', async () => {
  const cron = memoryCrontab(null);

  expect(await pauseCrontab(cron, null, 'now by ada')).toMatchObject({ state: 'paused', paused: 0 });
  await restoreCrontab(cron, null);
  expect(cron.table).toBeNull();
});

const edited = async (): Promise<ReturnType<typeof memoryCrontab>> => {
  const cron = memoryCrontab(table);
  await pauseCrontab(cron, null, 'now by ada');
  cron.table = `${(cron.table ?? '').replace('#walkback| @daily', '#walkback| @weekly')}0 5 * * * /srv/shop/bin/new\n`;
  return cron;
};

test('an edit by hand in between is shown, and nothing is changed before somebody decides', async () => {
  const cron = await edited();
  const before = cron.table;

  expect(await restoreCrontab(cron, null)).toEqual({
    did: 'conflict',
    changed: [
      '- #walkback| @daily /srv/shop/bin/clean',
      '+ #walkback| @weekly /srv/shop/bin/clean',
      '+ 0 5 * * * /srv/shop/bin/new',
    ],
  });
  expect(cron.table).toBe(before);
});

test.each([
  ['codify', `${table.replace('@daily', '@weekly')}0 5 * * * /srv/shop/bin/new\n`],
  ['overwrite', table],
  [
    'keep',
    `MAILTO=ops@shop.example
# the nightly settlement
# 15 2 * * *\t/srv/shop/bin/settle  --all   % stdin
# @weekly /srv/shop/bin/clean

#   */5 * * * * /usr/bin/backup
0 5 * * * /srv/shop/bin/new
`,
  ],
] as const)('an edit by hand in between is settled by %s', async (choice, wanted) => {
  const cron = await edited();

  expect(await restoreCrontab(cron, choice)).toMatchObject({ did: choice });
  expect(cron.table).toBe(wanted);
  expect(await crontabState(cron)).toMatchObject({ state: 'running' });
});

test('a pause whose original is gone is unknown, never running', async () => {
  const cron = memoryCrontab(table);
  await pauseCrontab(cron, null, 'now by ada');
  cron.table = (cron.table ?? '').replace(/^#walkback original .*\n/m, '');

  expect(await crontabState(cron)).toMatchObject({ state: 'damaged' });
  await expect(restoreCrontab(cron, 'overwrite')).rejects.toMatchObject({ exitCode: 30 });
});

test('any table comes back byte for byte', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '* * * * * run',
      '@reboot x',
      '# words',
      '',
      'A=b',
      '#walkback| odd',
      '  5 4 * * sun echo %',
    ),
    fc.string({ maxLength: 30 }).map((text) => text.replaceAll('\n', ' ')),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.option(fc.constantFrom('run', 'x')), (lines, only) => {
      const original = lines.map((one) => `${one}\n`).join('');
      if (pausedJobs(original) > 0 || original.includes('#walkback')) return;
      const paused = pausedTable(original, only === null ? null : [only], 'now by ada');
      const read = readPause(paused);
      expect(read).toMatchObject({ original, expected: paused });
      if (read === null || read === 'damaged') throw new Error('it is paused');
      expect(restoredTables(read, null)).toMatchObject({ overwrite: original, codify: original });
    }),
  );
});

test('changed lines are found in reading order', () => {
  expect(changedLines('a\nb\nc', 'a\nc\nd')).toEqual(['- b', '+ d']);
  expect(changedLines('a', 'a')).toEqual([]);
});

test('jobs are paused one by one, each given back by itself; the last one leaves the table byte for byte', async () => {
  const cron = memoryCrontab(table);
  await pauseCrontab(cron, 'settle', 'now by ada');
  expect(await pauseCrontab(cron, 'backup', 'later by grace')).toMatchObject({
    paused: 2,
    running: 1,
    already: false,
  });
  expect(await pauseCrontab(cron, 'backup', 'later by grace')).toMatchObject({ already: true });
  await expect(pauseCrontab(cron, null, 'later')).rejects.toMatchObject({ exitCode: 3 });

  expect(await restoreCrontab(cron, null, 'settle')).toMatchObject({ did: 'restored' });
  expect(await crontabState(cron, 'settle')).toMatchObject({ state: 'running' });
  expect(await crontabState(cron, 'backup')).toMatchObject({ state: 'paused', paused: 1 });
  expect(await restoreCrontab(cron, null, 'settle')).toMatchObject({ did: 'nothing' });
  expect(await restoreCrontab(cron, null, 'backup')).toMatchObject({ did: 'restored' });
  expect(cron.table).toBe(table);

  await pauseCrontab(cron, null, 'now by ada');
  await expect(restoreCrontab(cron, null, 'settle')).rejects.toMatchObject({ exitCode: 3 });
});

test.each([
  ['codify', `${table}0 5 * * * /srv/new\n`],
  ['overwrite', table],
  ['keep', `${table.replace('15 2', '# 15 2')}0 5 * * * /srv/new\n`],
] as const)(
  'an edit while two jobs are paused is settled by %s for one, and the other stays paused',
  async (choice, whole) => {
    const cron = memoryCrontab(table);
    await pauseCrontab(cron, 'settle', 'now by ada');
    await pauseCrontab(cron, 'backup', 'now by ada');
    cron.table += '0 5 * * * /srv/new\n';
    await expect(pauseCrontab(cron, 'clean', 'now by ada')).rejects.toMatchObject({ exitCode: 3 });

    expect(await restoreCrontab(cron, null, 'settle')).toEqual({
      did: 'conflict',
      changed: ['+ 0 5 * * * /srv/new'],
    });
    expect(await restoreCrontab(cron, choice, 'settle')).toMatchObject({ did: choice });
    expect(await crontabState(cron, 'backup')).toMatchObject({ state: 'paused', paused: 1 });
    expect(await restoreCrontab(cron, null, 'backup')).toMatchObject({ did: 'restored' });
    expect(cron.table).toBe(whole);
  },
);
