import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { testFolder } from '../actions/measure/probe-kit.ts';

const today = new Date().toISOString().slice(0, 10);

const book = (compat: string): string => `walkback: 1
id: cart_rollback
title: Roll the cart back
service: shop
objective: 10m
maturity: production
topology: microservice
scope:
  manifest: release.yaml
  components:
    - { id: cart, type: app, live: { file: cart.txt } }
    - { id: pricing, type: app, live: { file: pricing.txt }, from: '2.1', to: '2.0' }
    - { id: stock, type: app, live: { file: stock.txt }, from: '3.0', to: '2.9' }
compat:
  - { pair: [cart@1.8, stock@3.0], status: ok, evidence: 'contract-test:pacts/stock.xml', on: ${today} }
  - { pair: [pricing@2.0, stock@3.0], status: ok, evidence: 'contract-test:pacts/stock.xml', on: ${today} }
${compat}phases:
  - id: go
    title: Go
    steps:
      - { id: done, end: rolled_back }
`;

const missing = `  - { pair: [cart@1.8, pricing@2.1], status: ok, evidence: 'contract-test:pacts/pricing.xml', on: ${today} }\n`;

function folderWith(compat: string): string {
  const folder = testFolder();
  mkdirSync(join(folder, 'pacts'));
  for (const [name, text] of Object.entries({
    'book.yaml': book(compat),
    'release.yaml': "id: cart-1.9\nchanged:\n  - { component: cart, from: '1.9', to: '1.8' }\n",
    'pacts/stock.xml': '<testsuite tests="4" failures="0"/>',
    'pacts/pricing.xml': '<testsuite tests="9" failures="0"/>',
    'cart.txt': '1.9\n',
    'pricing.txt': '2.1\n',
    'stock.txt': '3.0\n',
  }))
    writeFileSync(join(folder, name), text);
  return folder;
}

const plan = async (folder: string, ...flags: readonly string[]): Promise<string> => {
  const { stdout, exitCode } = await execa(
    process.execPath,
    [resolve('src/cli/main.ts'), 'plan', 'book.yaml', ...flags],
    { cwd: folder, reject: false, env: { COLUMNS: '200' } },
  );
  expect(exitCode).toBe(0);
  return stdout;
};

test('the plan pulls a partner in whose pair is missing, and fresh evidence releases it', async () => {
  const without = await plan(folderWith(''));
  expect(without).toMatch(/cart \(app\) +IN +1\.9 +1\.8 +changed \(release\.yaml: 1\.9 → 1\.8\) +pass/);
  expect(without).toMatch(
    /pricing \(app\) +IN +2\.1 +2\.0 +cart@1\.8 \+ pricing@2\.1: no evidence for these versions/,
  );
  expect(without).toMatch(/stock \(app\) +OUT +3\.0 +stays +not changed \(release\.yaml\) +pass/);
  expect(without).toContain('order of the way back: pricing, then cart');

  const released = await plan(folderWith(missing));
  expect(released).toMatch(/pricing \(app\) +OUT +2\.1 +stays +not changed \(release\.yaml\) +pass/);
  expect(released).toMatch(/cart@1\.8 \+ pricing@2\.1 +pass +contract-test:pacts\/pricing\.xml/);
});

test('the plan reads what runs where it is asked to, and says that something else runs than the release brought', async () => {
  const folder = folderWith(missing);
  writeFileSync(join(folder, 'cart.txt'), '1.9.1\n');

  expect(await plan(folder)).not.toContain('finding:');
  const { scope } = JSON.parse(await plan(folder, '--live', '--json')) as {
    scope: { live: string; findings: readonly unknown[] };
  };
  expect(scope).toMatchObject({
    live: 'read',
    findings: [{ component: 'cart', code: 'drift', detail: 'cart runs 1.9.1; release.yaml says 1.9' }],
  });
});
