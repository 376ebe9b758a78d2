import { mkdirSync, cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Policy } from '../../src/drill/policy.ts';
import { sandboxDown, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { must, startSandbox } from '../sandbox/support.ts';
import { expectEnd, openStage, runThrough, shipped, stepsOf, type Stage } from './stage.ts';

const slow = { timeout: 120_000 };

let sandbox: Sandbox;
let stage: Stage;
beforeAll(async () => {
  sandbox = await startSandbox({ clients: 2 });
}, 120_000);
afterAll(() => sandboxDown({ folder: sandbox.folder }), 120_000);
beforeEach(() => {
  stage = openStage();
});
afterEach(() => stage.clear(), 60_000);

const book = `walkback: 1
id: keep_one
title: Keep one instance for the diagnosis
service: shop
objective: 5m
maturity: production
environments:
  sandbox:
    guard: { run: [shopctl, whoami], expect: { equals: sandbox } }
    drill: { token: { run: [shopctl, whoami], expect: { equals: sandbox } } }
evidence: { budget: 10s, items: [{ id: threads, run: [shopctl, dump-threads], timeout: 5s }] }
phases:
  - id: main
    title: Main
    steps:
      - { id: first, decide: Keep one?, options: [{ id: keep, title: Keep it, reversible: seconds }, { id: no, title: Not now, end: not_needed }], recommend: "'keep'" }
      - { id: quarantine, use: steps/quarantine_instance.yaml, with: { instance: shop2 } }
      - { id: looked, title: Looked at it, manual: Look at it., read_only: true }
      - id: taken
        title: The evidence is taken
        wait: { run: ['true'], expect: { cel: "session.evidence != 'running'" }, every: 100ms, within: 30s }
      - { id: give_back, title: Give back, release: [quarantine] }
      - { id: done, end: mitigated }
`;

/** What the proxy's answers say of who gave them. */
async function servers(requests: number): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (let left = requests; left > 0; left -= 20) {
    const answers = await Promise.all(
      Array.from({ length: Math.min(20, left) }, () => fetch(`${sandbox.values.proxy}/products`)),
    );
    for (const answer of answers) {
      await answer.arrayBuffer();
      const name = answer.headers.get('x-served-by') ?? 'nobody';
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

test(
  'R3.5: the quarantined instance still answers its own port while 200 proxied requests never reach it',
  slow,
  async () => {
    const folder = path.join(stage.folder, 'kept');
    mkdirSync(path.join(folder, 'steps'), { recursive: true });
    cpSync(shipped('steps/quarantine_instance.yaml'), path.join(folder, 'steps/quarantine_instance.yaml'));
    writeFileSync(path.join(folder, 'book.yaml'), book);
    const url = sandbox.instances.find(({ name }) => name === 'shop2')?.url ?? '';
    let served: ReadonlyMap<string, number> = new Map();
    let own = 0;
    let owed: readonly string[] = [];
    const look: Policy = async ({ at, view }) => {
      if (at !== 'step' || view.current[0]?.place.step !== 'looked' || served.size > 0) return null;
      served = await servers(200);
      own = (await fetch(`${url}/healthz`)).status;
      owed = view.obligations.filter(({ state }) => state === 'open').map(({ key }) => key);
      return null;
    };

    const run = await runThrough(stage, { file: path.join(folder, 'book.yaml'), sandbox, policy: look });

    expect([...served.values()].reduce((sum, count) => sum + count, 0)).toBe(200);
    expect([...served.keys()].toSorted()).toEqual(['shop1', 'shop3', 'shop4']);
    expect(own).toBe(200);
    expect(owed).toEqual(['quarantine_kept']);
    expectEnd(stage, run, 'mitigated');
    expect(stepsOf(run)).toEqual(expect.arrayContaining(['taken', 'give_back']));
    expect(await must(sandbox, 'weights', 'diff')).toContain('shop2=25');
    expect([...(await servers(40)).keys()].toSorted()).toEqual(['shop1', 'shop2', 'shop3', 'shop4']);
  },
);
