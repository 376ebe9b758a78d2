import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { actions } from '../../src/cli/commands/actions.ts';
import { postmortem } from '../../src/cli/commands/postmortem.ts';
import { exportSession } from '../../src/cli/commands/export.ts';
import { show } from '../../src/cli/commands/show.ts';
import { documentFormats } from '../../src/cli/records/document-formats.ts';
import { hostSession } from '../../src/cli/hosting/host-session.ts';
import { openTellingDesk } from '../../src/cli/records/telling-desk.ts';
import { acceptedPolicy } from '../../src/drill/policy.ts';
import { scriptedOperator } from '../../src/drill/operator.ts';
import { tellPostmortem } from '../../src/plain/tell-postmortem.ts';
import { tellingFile } from '../../src/report/telling-file.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import { memoryFiles } from '../runbook/memory-files.ts';
import type { Stage } from '../runbooks/stage.ts';
import { openStage, prepareOf } from '../runbooks/stage.ts';
import { formsOf } from './secret-forms.ts';

/* G5: one secret goes everywhere that a secret can go, and comes back from there in every spelling; nothing keeps it. */

const canary = 'cAnary/7+d41="8c0ffee42';
const forms = formsOf(canary);

const runbook = (base: string): string => `walkback: 1
id: canary
title: Use a secret everywhere
service: shop
owner: payments
objective: 10m
maturity: staging
inputs:
  token: { type: secret, env: CANARY }
  said: { type: string, ask: What was said? }
environments:
  staging: { values: { base: '${base}' } }
connections: { shop: { sqlite: shop.db } }
channels:
  chat: { http: '\${{ env.base }}/hook' }
  file: { file: chat.log }
  program: { run: [sh, -c, 'cat >> sent.log; echo "$WALKBACK_TEXT" >> sent.log'] }
probes:
  header: { http: '\${{ env.base }}/probe', method: POST, headers: { authorization: 'Bearer \${{ inputs.token }}' }, body: ask }
  row: { sql: shop, query: 'select token from secrets' }
  printed: { run: [sh, -c, 'echo "$TOKEN"; echo "failed with $TOKEN" >&2; exit 3'], env: { TOKEN: '\${{ inputs.token }}' } }
  unreachable: { http: 'http://127.0.0.1:1/', headers: { authorization: '\${{ inputs.token }}' } }
evidence:
  budget: 20s
  items:
    - { id: environment, run: [sh, -c, 'env; echo "$TOKEN" | od -An -tx1 | tr -d " \\n"'], env: { TOKEN: '\${{ inputs.token }}' } }
    - { id: rows, sql: shop, query: 'select * from secrets' }
comms:
  - { at: decided, to: chat, text: 'decided: \${{ decision.reason }}' }
  - { at: decided, to: file, text: 'decided: \${{ decision.reason }}' }
  - { at: decided, to: program, text: 'decided: \${{ decision.reason }}' }
phases:
  - id: decide
    title: Decide
    steps:
      - id: go
        decide: Go on?
        options: [{ id: on, title: Go on, needs: [what], goto: leak }]
  - id: work
    title: Work
    steps:
      - id: leak
        title: Print it in every spelling
        run: [node, leak.cjs]
        env: { TOKEN: '\${{ inputs.token }}' }
        outputs: { got: { pattern: 'whole (.*)' } }
        undo: { run: [echo, back] }
      - { id: again, title: Say it again, run: [echo, 'it was \${{ steps.leak.outputs.got }}'], read_only: true }
      - { id: fails, title: Fail with it, run: [sh, -c, 'echo "$TOKEN" >&2; exit 7'], env: { TOKEN: '\${{ inputs.token }}' }, read_only: true, on: { fail: shown } }
      - { id: shown, title: Fail with it in an argument, run: [sh, -c, 'echo "$0"; exit 7', '\${{ steps.leak.outputs.got }} \${{ inputs.said }}'], read_only: true, on: { fail: ask_header } }
      - { id: ask_header, title: Ask with a header, check: { probe: header, expect: { equals: something } }, on: { fail: ask_row, unknown: ask_row } }
      - { id: ask_row, title: Ask for a row, check: { probe: row, expect: { matches: '^nothing$' } }, on: { fail: ask_printed, unknown: ask_printed } }
      - { id: ask_printed, title: Ask a program, check: { probe: printed, expect: { exit: 0 } }, on: { fail: ask_nobody, unknown: ask_nobody } }
      - { id: ask_nobody, title: Ask nobody, check: { probe: unreachable, expect: { status: 200 } }, on: { fail: look, unknown: look } }
      - { id: look, title: Look, manual: Look at it., read_only: true, evidence: { text: required } }
      - { id: done, end: rolled_back }
`;

const leak = `const token = process.env.TOKEN;
const say = (what, text, end = '\\n') => process.stdout.write(what + ' ' + text + end);
say('whole', token);
process.stderr.write('error: ' + token + '\\n');
for (const encoding of ['hex', 'base64', 'base64url']) say(encoding, Buffer.from(token).toString(encoding));
say('user', Buffer.from('user:' + token).toString('base64'));
say('uri', encodeURIComponent(token));
say('json', JSON.stringify({ token }));
say('title', '\\u001b]0;' + token + '\\u0007');
say('half', token.slice(0, 9), '');
setTimeout(() => say(token.slice(9), ''), 30);
`;

let stage: Stage;
let server: Server;
/** What reached the outside. */
const got = { headers: '', hooks: '' };
/** What a person could see: every view, every line of output, everything printed. */
const screen: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (request.url === '/hook') got.hooks += body;
      else got.headers += request.headers.authorization ?? '';
      response.setHeader('x-token', canary).end(JSON.stringify({ id: canary, token: canary }));
    });
  });
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const opened = openStage();
  stage = { ...opened, around: { ...opened.around, env: { ...opened.around.env, CANARY: canary } } };
  const write = (name: string, text: string): void => writeFileSync(join(stage.home, name), text);
  write('canary.yaml', runbook(base));
  write('leak.cjs', leak);
  const shop = new DatabaseSync(join(stage.home, 'shop.db'));
  shop.exec('create table secrets (token text)');
  shop.prepare('insert into secrets values (?)').run(canary);
  shop.close();
  await walk();
}, 120_000);

afterAll(async () => {
  server.close();
  await stage.clear();
});

/** Walks through it as a careless person who types the secret wherever something can be typed. */
async function walk(): Promise<void> {
  const started = await prepareOf(stage.around, join(stage.home, 'canary.yaml'), {
    environment: 'staging',
    given: { said: 'nothing' },
  });
  const { client, release } = await hostSession(stage.around, { ...started, inAgent: false });
  const stop = client.subscribe(() => screen.push(JSON.stringify([client.view(), client.live()])));
  await client.send({ type: 'note', text: `the token is ${canary}` });
  await client.send({ type: 'drift', what: `somebody set ${canary}`, target: canary });
  await client.send({ type: 'hold', reason: `held for ${canary}` });
  const operator = scriptedOperator({
    client,
    policy: async (situation) => {
      const intent = await acceptedPolicy(situation);
      if (intent?.type === 'choose')
        return { ...intent, reason: `because ${canary}`, fields: { what: canary } };
      if (intent?.type === 'report')
        return {
          ...intent,
          text: `I saw ${encodeURIComponent(canary)}`,
          link: `https://x.example/?t=${encodeURIComponent(canary)}`,
        };
      return intent;
    },
  });
  const end = await operator.ended;
  expect([end.why, client.view().outcome]).toEqual(['closed', 'rolled_back']);
  stop();
  await release();
  await tellAfterwards(started.start.session);
}

const answered = 'summary.felt';

/** The same person writes the post-mortem, in each of the ways that there are. */
async function tellAfterwards(session: string): Promise<void> {
  const { around } = stage;
  await postmortem(around, session, { answer: answered, text: `we all typed ${canary}` });
  const item = {
    item: 'new',
    text: `rotate ${canary}`,
    owner: canary,
    proof: `nobody knows ${canary}`,
  } as const;
  await postmortem(around, session, { ...item, due: '2030-04-01' });
  const file = join(stage.folder, 'told.md');
  await postmortem(around, session, { template: true });
  const asked = (await openTellingDesk(around, session)).read();
  writeFileSync(
    file,
    tellingFile(asked).replace('we all typed', `base64 was ${Buffer.from(canary).toString('base64')},`),
  );
  await postmortem(around, session, { from: file });
  rmSync(file);
  const lines = [`I typed ${canary}`, 'q'];
  const desk = await openTellingDesk(around, session);
  await tellPostmortem(desk, { say: (text) => screen.push(text), ask: async () => lines.shift() ?? null });
  const key = asked.items.at(-1)?.id ?? '';
  await actions(around, { drop: key, reason: `${canary} was rotated` });
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

const hits = (bytes: Buffer): readonly string[] => forms.filter((form) => bytes.includes(form));

test('G5: the secret really went everywhere: into the header, the commands and the person’s mouth', () => {
  expect(got.headers).toContain(`Bearer ${canary}`);
  expect(got.hooks).toContain('decided: because «token»');
  expect(readFileSync(join(stage.home, 'sent.log'), 'utf8')).toContain('«token»');
  expect(screen.length).toBeGreaterThan(10);
});

test('G5: no screen, ledger, blob, spool, evidence, message or file of the session holds it, in any spelling', () => {
  const kept = filesBelow(stage.around.dataFolder);
  expect(kept.map((file) => file.slice(stage.around.dataFolder.length))).toEqual(
    expect.arrayContaining([
      '/ledger.db',
      expect.stringContaining('evidence/rows'),
      expect.stringContaining('start.json'),
    ]),
  );
  const sent = ['chat.log', 'sent.log'].map((name) => join(stage.home, name));
  for (const file of [...kept, ...sent]) expect([file, hits(readFileSync(file))]).toEqual([file, []]);
  expect(hits(Buffer.from(screen.join('\n')))).toEqual([]);
  expect(hits(Buffer.from(got.hooks))).toEqual([]);
});

test('G5: what is told after the close is masked with what can be read then, and what cannot be is said before the first question', async () => {
  const desk = await openTellingDesk(stage.around, undefined);
  expect(desk.warnings).toEqual([]);
  const told = JSON.stringify(desk.read());
  expect(told).toContain('base64 was «token»');
  expect(told).toContain('rotate «token»');
  // the change by hand that was carried is an item as well: none takes the number of another
  expect(desk.read().items.map(({ id }) => id)).toEqual(['AI-1', 'AI-2']);
  expect(told).toContain('I typed «token»');
  const { CANARY: _gone, ...env } = stage.around.env;
  const said: string[] = [];
  await tellPostmortem(await openTellingDesk({ ...stage.around, env }, undefined), {
    say: (text) => said.push(text),
    ask: async () => null,
  });
  expect(said[1]).toBe('Not hidden in what you write, because it cannot be read from here now: `token`.');
});

test('G5: no export, no bundle, and nothing that is printed holds it', async () => {
  for (const format of [...documentFormats, 'jsonl'] as const)
    for (const more of [{ names: true }, {}] as const)
      await exportSession(stage.around, undefined, { format, ...more });
  for (const name of ['whole', 'redacted'] as const) {
    const bundle = join(stage.folder, name);
    await exportSession(stage.around, undefined, {
      format: 'md',
      bundle,
      ...(name === 'redacted' ? { redacted: true } : {}),
    });
    for (const file of filesBelow(bundle)) expect([file, hits(readFileSync(file))]).toEqual([file, []]);
  }
  show(stage.around, undefined, {});
  const printed = stage.printed();
  expect(printed).toContain('«token»');
  expect(printed.length).toBeGreaterThan(100_000);
  expect(hits(Buffer.from(printed))).toEqual([]);
});

test('G5: an ordinary input that holds the secret is refused before anything starts, and the refusal does not say it', async () => {
  const start = (given: Readonly<Record<string, string>>): Promise<unknown> =>
    prepareOf(stage.around, join(stage.home, 'canary.yaml'), { environment: 'staging', given });
  const refusal = async (given: Readonly<Record<string, string>>): Promise<string> =>
    start(given).then(
      () => 'started',
      (error: unknown) => JSON.stringify(error instanceof Error ? [error.message, error] : error),
    );
  const sessions = (): readonly string[] =>
    filesBelow(stage.around.dataFolder).filter((file) => file.endsWith('start.json'));
  const before = sessions();
  const inside = await refusal({ said: `use ${canary} for it` });
  expect(inside).toContain('The input `said` holds the value of a secret (`token`)');
  const onTheLine = await refusal({ said: 'nothing', token: canary });
  expect(onTheLine).toContain('`token` is a secret: on a command line everybody on this machine sees it');
  expect(onTheLine).toContain('set CANARY');
  expect(hits(Buffer.from(inside + onTheLine))).toEqual([]);
  expect(sessions()).toEqual(before);
});

test('the search can see: each spelling is found where it stands', () => {
  for (const form of forms) expect(hits(Buffer.from(`x ${form} y`))).toContain(form);
  expect(forms.length).toBeGreaterThan(6);
});

test.each([
  ['an argument', "run: [echo, '${{ inputs.token }}']"],
  ['a shell line’s argument', "run: [sh, -c, 'echo $1', x, '${{ inputs.token }}']"],
  ['an address', "check: { http: 'http://x.example/${{ inputs.token }}', expect: { status: 200 } }"],
  [
    'the body of a request',
    "check: { http: 'http://x.example/', body: '${{ inputs.token }}', method: POST, expect: { status: 200 } }",
  ],
  ['a query', 'check: { sql: shop, query: "select \'${{ inputs.token }}\'", expect: { equals: 1 } }'],
])('G5: a secret in %s is refused before anything starts', (_where, step) => {
  const text = runbook('http://127.0.0.1:1').replace(
    '      - { id: look,',
    `      - id: seen\n        ${step}\n        ${step.includes('run:') ? 'read_only: true' : ''}\n      - { id: look,`,
  );
  const loaded = loadRunbook('canary.yaml', memoryFiles({ 'canary.yaml': text, 'leak.cjs': leak }));
  expect((loaded.ok ? [] : loaded.problems).map(({ code }) => code)).toContain('WB504');
});
