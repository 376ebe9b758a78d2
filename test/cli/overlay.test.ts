import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { approve } from '../../src/cli/commands/approve.ts';
import { check } from '../../src/cli/commands/check.ts';
import { lint } from '../../src/cli/commands/lint.ts';
import { plan } from '../../src/cli/commands/plan.ts';
import { loadOrRefuse } from '../../src/cli/load.ts';
import { overlayHere } from '../../src/cli/overlay.ts';
import { prepareSession } from '../../src/cli/start-session.ts';
import { openStage } from '../runbooks/stage.ts';

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
  const start = () =>
    prepareSession(around, {
      file,
      environment: null,
      given: {},
      mode: 'LIVE',
      breakGlass: null,
      ask: null,
      place: null,
    });
  return { around, file, start, printed: stage.printed };
}

test('R7.6: lint and run ask for the blocks of the overlay and take its warnings for errors', async () => {
  const bare = stageWith(runbook, null);
  expect(lint(bare.around, [bare.file], {})).toBe(0);
  const { around, file, start, printed } = stageWith(runbook, overlay);
  expect(lint(around, [file], {})).toBe(2);
  expect(printed()).toMatch(/mine\.yaml:1:1: The overlay `acme` asks for `owner`\. \[WB731\] Add `owner:`/);
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
  expect(first.overlay).toEqual({ id: 'acme', hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
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
    const { review, environments } = loadOrRefuse(overlaid.file, overlayHere(overlaid.around)).runbook;
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
