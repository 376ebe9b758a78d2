import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { prepareAdhoc } from '../../src/cli/starting/adhoc.ts';
import { approve } from '../../src/cli/commands/approve.ts';
import { check } from '../../src/cli/commands/check.ts';
import { lint } from '../../src/cli/commands/lint.ts';
import { plan } from '../../src/cli/commands/plan.ts';
import { loadOrRefuse } from '../../src/cli/load.ts';
import { overlaysHere } from '../../src/cli/trust/overlay.ts';
import { reviewOwed } from '../../src/cli/trust/review-debt.ts';
import type { BreakGlass } from '../../src/cli/trust/review.ts';
import { readOverlay } from '../../src/runbook/overlay.ts';
import { whyRefused } from '../runbooks/draft-seven.ts';
import { openStage, prepareOf, repository } from '../runbooks/stage.ts';

/* R7.6: what an organisation asks of every runbook. */

const runbook = `walkback: 1
id: mine
title: Mine
service: shop
objective: 10m
maturity: draft
phases:
  - id: work
    title: Work
    steps:
      - { id: change, title: Change, run: ['true'], undo: { run: ['true'] } }
      - { id: done, end: rolled_back }
`;
const overlay =
  'walkback_overlay: 1\nid: acme\ntitle: What Acme asks for\nrequire: [owner]\nerrors: [WB707]\n';

function stageWith(book: string, asked: string | null) {
  const stage = openStage();
  onTestFinished(() => stage.clear());
  const write = (name: string, text: string): string => {
    writeFileSync(join(stage.home, name), text);
    return join(stage.home, name);
  };
  const file = write('mine.yaml', book);
  const env = asked === null ? {} : { WALKBACK_OVERLAY: write('overlay.yaml', asked) };
  const around = { ...stage.around, env: { ...stage.around.env, ...env } };
  const start = (breakGlass: BreakGlass | null = null) => prepareOf(around, file, { breakGlass });
  return { around, file, start, printed: stage.printed };
}

test('R7.6: lint and run ask for the blocks of the overlay and take its warnings for errors', async () => {
  const bare = stageWith(runbook, null);
  expect(lint(bare.around, [bare.file], {})).toBe(0);
  const { around, file, start, printed } = stageWith(runbook, overlay);
  expect(lint(around, [file], {})).toBe(2);
  expect(printed()).toMatch(
    /mine\.yaml:1:1: The overlay `acme` \(\S+overlay\.yaml\) asks for `owner`\. \[WB731\] Add `owner:`/,
  );
  expect(printed()).toMatch(/\[WB707\][^]*1 runbook, 2 errors, 0 warnings/);
  await expect(start()).rejects.toThrow('cannot run');
});

test('R7.6: plan, check and approve ask for what a run would ask for', async () => {
  const asked = /cannot run:[^]*asks for `owner`/;
  const { around, file } = stageWith(runbook, overlay);
  await expect(plan(around, file, { input: {} })).rejects.toThrow(asked);
  await expect(check(around, file, { input: {} })).rejects.toThrow(asked);
  await expect(approve(around, file, { key: 'none' })).rejects.toThrow(asked);
  const bare = stageWith(runbook, null);
  expect(await plan(bare.around, bare.file, { input: {} })).toBe(0);
  expect(await check(bare.around, bare.file, { input: {} })).toBe(0);
});

test('R7.6: the hash of the overlay is on record with the session', async () => {
  const book = runbook.replace('service: shop', 'service: shop\nowner: payments');
  const { first } = await stageWith(book, overlay.replace('errors: [WB707]\n', '')).start();
  const hash = expect.stringMatching(/^sha256:[0-9a-f]{64}$/);
  expect(first.overlays).toEqual([{ id: 'acme', hash, file: expect.stringMatching(/overlay\.yaml$/) }]);
});

const placed = runbook.replace(
  'phases:',
  'environments: { production: { guard: { run: [echo, here], expect: { equals: here } } } }\nphases:',
);
const reviewed =
  'walkback_overlay: 1\nid: acme\ntitle: What Acme asks for\nreview: { required_in: [production] }\n';

test('R7.6: where the overlay asks for a review, a runbook without a policy of its own needs one; elsewhere it does not', async () => {
  expect((await stageWith(placed, null).start()).first).toMatchObject({ review: 'not_required' });
  await expect(stageWith(placed, reviewed).start()).rejects.toThrow(
    'may not run in production: it needs a review and has none',
  );
  const elsewhere = stageWith(placed, reviewed.replace('[production]', '[payments]'));
  expect((await elsewhere.start()).first).toMatchObject({ review: 'not_required' });
});

test('the overlay cannot make a runbook ask for less: a trailer is proof only where both take it for one', () => {
  const policyUnder = (own: string, asked: string) => {
    const overlaid = stageWith(
      placed.replace('phases:', `${own}\nphases:`),
      reviewed.replace(/review: .*/, asked),
    );
    const { review, environments } = loadOrRefuse(overlaid.file, overlaysHere(overlaid.around)).runbook;
    return [review?.byTrailer, environments.map(({ reviewRequired }) => reviewRequired)];
  };
  const signed = 'review: { required_in: [production] }';
  const trailer = 'review: { required_in: [production], trailer: Reviewed-by }';
  expect(policyUnder(signed, trailer)).toEqual([false, [true]]);
  expect(policyUnder(trailer, signed)).toEqual([false, [true]]);
  expect(policyUnder(trailer, trailer)).toEqual([true, [true]]);
  expect(policyUnder('', trailer)).toEqual([true, [true]]);
  expect(policyUnder(signed, 'require: []')).toEqual([false, [true]]);
});

test.each([
  ['walkback_overlay: 2\nid: a\ntitle: A\n', 'overlay.yaml:1:19'],
  [`${overlay}surprise: true\n`, 'overlay.yaml:6:1'],
  [overlay.replace('WB707', 'WB999'), 'overlay.yaml:5:10: WB999 is no code of lint'],
  [
    overlay.replace('owner', 'ownr'),
    'overlay.yaml:4:11: No runbook has a block `ownr`. Did you mean "owner"?',
  ],
])('an overlay that is wrong is never left out silently: %#', async (wrong, said) => {
  await expect(stageWith(runbook, wrong).start()).rejects.toThrow(said);
});

/** Both a file of the machine and one of the person; the environment of the runbook, and whether its name is typed. */
function stageUnder(machine: string, own: string | null, book: string) {
  const staged = stageWith(book, own);
  const folder = join(staged.around.systemFolder, 'walkback');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'overlay.yaml'), machine);
  return { ...staged, machineFile: join(folder, 'overlay.yaml') };
}
const weaker = 'walkback_overlay: 1\nid: own\ntitle: Asks for nothing\n';

test('R7.6: a person’s own overlay takes nothing of the organisation’s away: both hold, and what forbids is named', async () => {
  const { around, file, start, printed, machineFile } = stageUnder(overlay, weaker, runbook);
  expect(lint(around, [file], {})).toBe(2);
  expect(printed()).toContain(`The overlay \`acme\` (${machineFile}) asks for \`owner\`. [WB731]`);
  expect(printed()).toContain(`(An error by the overlay \`acme\` (${machineFile}).) [WB707]`);
  await expect(start()).rejects.toThrow(machineFile);

  const both = stageUnder(reviewed, `${weaker}require: [owner]\n`, placed);
  await expect(both.start()).rejects.toThrow('The overlay `own`');
  const owned = stageUnder(
    reviewed,
    weaker,
    placed.replace('service: shop', 'service: shop\nowner: payments'),
  );
  await expect(owned.start()).rejects.toThrow(
    `it needs a review and has none (asked for by the overlay \`acme\` (${owned.machineFile})).`,
  );
  const { first } = await owned.start({ reason: 'the shop is down', second: 'grace' });
  expect(first.overlays?.map(({ id }) => id)).toEqual(['acme', 'own']);
});

test('an overlay of the machine that cannot be read is never left out silently', async () => {
  const { start, machineFile } = stageUnder(weaker, null, runbook);
  rmSync(machineFile);
  mkdirSync(machineFile);
  await expect(start()).rejects.toThrow(`The overlay ${machineFile} cannot be read`);
});

test.each([
  ['by another name of production', placed.replace('production:', 'prod_eu:'), 'may not run in prod_eu'],
  [
    'whose name people have to type',
    placed.replace('production: {', 'shop_live: { confirm: name,'),
    'may not run in shop_live',
  ],
  ['that it does not name', runbook, 'may not run in an environment that nobody names'],
])(
  'R7.6: a review that is asked for in production is asked for in an environment %s',
  async (_what, book, said) => {
    await expect(stageWith(book, reviewed).start()).rejects.toThrow(`${said}: it needs a review`);
  },
);

test('R7.6: a session without a runbook is held to what can be held: the review, by break-glass that is owed a look', () => {
  const { around, printed } = stageWith(runbook, reviewed);
  const adhoc = (environment: string | null, breakGlass: BreakGlass | null = null) =>
    prepareAdhoc(around, { title: 'It fails', service: 'shop', environment, breakGlass });
  for (const where of ['production', 'prod', null])
    expect(() => adhoc(where)).toThrow(
      /a review is needed there \(asked for by the overlay `acme` \(\S+overlay.yaml\)\)/,
    );
  expect(() => adhoc('production', { reason: 'down', second: 'ada' })).toThrow(
    'a second person who is not you',
  );
  expect(adhoc('staging').first).toMatchObject({ review: 'not_required', overlays: [{ id: 'acme' }] });
  expect(printed()).toContain('only the review holds: blocks and lint are of runbooks, and no guard proves');

  const { first, start } = adhoc('production', { reason: 'down', second: 'grace' });
  expect(first).toMatchObject({ review: 'break_glass', reason: 'down (with grace)', production: true });
  expect(reviewOwed(first, start, '2026-03-01T00:00:00.000Z')).toMatchObject([
    { obligation: { key: 'adhoc-review', release: ['walkback', 'show', start.session] } },
    { how: 'carried', owner: 'grace', due: '2026-03-02T00:00:00.000Z' },
  ]);
});

test('the overlay of the documentation is one, and its schema takes it', () => {
  const [, shown = ''] =
    /```yaml\n([^]*?)```/.exec(readFileSync(join(repository, 'docs/overlays.md'), 'utf8')) ?? [];
  const schema = JSON.parse(readFileSync(join(repository, 'schema/overlay.schema.json'), 'utf8')) as never;
  expect(whyRefused(schema, parse(shown))).toEqual([]);
  expect(whyRefused(schema, { ...(parse(shown) as object), surprise: true })).not.toEqual([]);
  expect(readOverlay('overlay.yaml', new TextEncoder().encode(shown), () => true)).toMatchObject({
    ok: true,
  });
});

test('R7.6: a drill in an environment that the overlay asks a review for needs it too', async () => {
  const book = placed.replace(
    'production: {',
    'rehearsal: { drill: { token: { run: [echo, a], expect: { equals: a } } },',
  );
  const drillUnder = (asked: string | null) => {
    const { around, file } = stageWith(book, asked);
    return prepareOf(around, file, { environment: 'rehearsal', mode: 'DRILL' });
  };
  expect((await drillUnder(reviewed)).first).toMatchObject({ mode: 'DRILL', review: 'not_required' });
  await expect(drillUnder(reviewed.replace('[production]', '[rehearsal]'))).rejects.toThrow(
    'may not run in rehearsal: it needs a review',
  );
});

test('R7.3: check says beforehand that a run would be refused for want of its review', async () => {
  const { around, file, printed } = stageWith(placed, reviewed);
  expect(await check(around, file, { input: {} })).toBe(0);
  expect(printed()).toMatch(
    /a run by ada in production would be refused: it needs a review and has none \(asked for by the overlay `acme` \(/,
  );
});
