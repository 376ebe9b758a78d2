import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lint } from '../../src/cli/commands/lint.ts';
import { create } from '../../src/cli/commands/new.ts';
import { openStage } from '../runbooks/stage.ts';

/* R7.6: a runbook of one's own from one that ships. */

function openFolder() {
  const stage = openStage();
  onTestFinished(() => stage.clear());
  return stage;
}

test('R7.6: `new --from` of everything that it lists gives a runbook that lints clean where nothing else is', async () => {
  const listing = openFolder();
  await create(listing.around, 'any', { from: 'list' });
  const names = listing.printed().trim().split('\n');
  expect(names).toContain('kubernetes_stateless');

  const { home, around } = openFolder();
  for (const from of names) {
    const cwd = join(home, from);
    mkdirSync(cwd);
    await create({ ...around, cwd }, 'mine', { from });
    expect([from, lint(around, [join(cwd, 'mine.yaml')], {})]).toEqual([from, 0]);
    expect(existsSync(join(cwd, `${from}.yaml`)), `${from} is not copied a second time`).toBe(false);
  }
  accessSync(join(home, 'format_example', 'migrate'), constants.X_OK);
});

test('R7.6: what the organisation asks for and the new runbook has not is said at once', async () => {
  const { home, around, printed } = openFolder();
  const overlay = join(home, 'overlay.yaml');
  writeFileSync(overlay, 'walkback_overlay: 1\nid: acme\ntitle: Ours\nrequire: [title, standby]\n');
  const here = { ...around, env: { ...around.env, WALKBACK_OVERLAY: overlay } };

  expect(await create(here, 'mine', { from: 'flag_off' })).toBe(0);
  expect(printed()).toMatch(
    /still asked for: mine\.yaml:\d+:1: The overlay `acme` \(\S+overlay\.yaml\) asks for `standby`/,
  );
  expect(printed()).not.toContain('asks for `title`');

  writeFileSync(overlay, 'walkback_overlay: 1\n');
  await expect(create(here, 'other', { from: 'flag_off' })).rejects.toThrow('The overlay is wrong');
  expect(existsSync(join(home, 'other.yaml'))).toBe(false);
});
