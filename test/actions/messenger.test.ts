import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/actions/clock.ts';
import { openMessenger, type MessengerOptions } from '../../src/actions/messenger.ts';
import { redactor } from '../../src/actions/redact.ts';
import type { Channel } from '../../src/runbook/model.ts';
import { command, fill, path, serve, template, testFolder, unset } from './measure/probe-kit.ts';

const send = (
  channel: Channel,
  text: string,
  more: Partial<MessengerOptions> = {},
  signal = new AbortController().signal,
) =>
  openMessenger({
    channels: { chat: channel },
    clock: systemClock(),
    env: { PATH: path() },
    cwd: testFolder(),
    redactor: redactor([{ name: 'token', value: 'q7w8e9r0t1' }]),
    ...more,
  }).send('chat', text, fill, signal);

describe('A message', () => {
  test('Is posted as JSON, with secrets masked', async () => {
    const got: unknown[] = [];
    const url = await serve((request, response, body) => {
      got.push({ method: request.method, type: request.headers['content-type'], body: JSON.parse(body) });
      response.writeHead(204).end();
    });
    expect(await send({ kind: 'http', url: template(url) }, 'Rolling back “shop”\nq7w8e9r0t1')).toEqual({
      ok: true,
      detail: 'HTTP 204',
      ack: 'HTTP 204',
    });
    expect(got).toEqual([
      { method: 'POST', type: 'application/json', body: { text: 'Rolling back “shop”\n«token»' } },
    ]);
  });

  test('Is added to a file that only its owner reads, and cannot drive who reads it', async () => {
    const cwd = testFolder();
    const channel = { kind: 'file', path: template('chat.log') } as const;
    expect(await send(channel, 'one', { cwd })).toMatchObject({ ok: true });
    expect(await send(channel, 'two \u001B]0;title\u0007q7w8e9r0t1', { cwd })).toMatchObject({ ok: true });
    expect(readFileSync(join(cwd, 'chat.log'), 'utf8')).toBe('one\ntwo <OSC 0>«token»\n');
    expect(statSync(join(cwd, 'chat.log')).mode & 0o777).toBe(0o600);
  });

  test('Is given to a command on standard input and in its environment, never in its arguments', async () => {
    const cwd = testFolder();
    const channel = {
      kind: 'run',
      command: command(['sh', '-c', 'cat > in; printf %s "$WALKBACK_TEXT" > env']),
    } as const;
    const text = 'a "quoted" $(value)\n漢';
    expect(await send(channel, text, { cwd })).toEqual({ ok: true, detail: 'exit 0' });
    expect(readFileSync(join(cwd, 'in'), 'utf8')).toBe(text);
    expect(readFileSync(join(cwd, 'env'), 'utf8')).toBe(text);
  });

  test('Is sent by a command that does not read it', async () => {
    expect(await send({ kind: 'run', command: command(['true']) }, 'x'.repeat(100_000))).toMatchObject({
      ok: true,
    });
  });
});

describe('A message with a key', () => {
  test('Names itself to the sink, so that a second delivery is known for one', async () => {
    const taken = new Map<string, string>();
    const url = await serve((request, response, body) => {
      const key = String(request.headers['idempotency-key']);
      if (!taken.has(key)) taken.set(key, JSON.parse(body).text);
      response.end(JSON.stringify({ id: `m-${String([...taken.keys()].indexOf(key) + 1)}` }));
    });
    const messenger = openMessenger({
      channels: { chat: { kind: 'http', url: template(url) } },
      clock: systemClock(),
      env: { PATH: path() },
      cwd: testFolder(),
      redactor: redactor([]),
    });
    const post = (key: string) => messenger.send('chat', 'News', fill, new AbortController().signal, key);
    expect(await post('s/1')).toMatchObject({ ok: true, ack: 'm-1' });
    expect(await post('s/1')).toMatchObject({ ok: true, ack: 'm-1' });
    expect(await post('s/2')).toMatchObject({ ok: true, ack: 'm-2' });
    expect([...taken.keys()]).toEqual(['s/1', 's/2']);
  });

  test('Is acknowledged by the first line that a command prints, and never by a file', async () => {
    const printing = { kind: 'run', command: command(['sh', '-c', 'echo ticket-7; echo more']) } as const;
    expect(await send(printing, 'x')).toEqual({ ok: true, detail: 'exit 0', ack: 'ticket-7' });
    expect(await send({ kind: 'file', path: template('log') }, 'x')).not.toHaveProperty('ack');
  });
});

describe('A message that does not arrive', () => {
  test('Says what the server answered', async () => {
    const url = await serve((_request, response) =>
      response.writeHead(404).end('no such room q7w8e9r0t1\u001B[2J'),
    );
    expect(await send({ kind: 'http', url: template(url) }, 'x')).toEqual({
      ok: false,
      detail: 'HTTP 404: no such room «token»',
    });
  });

  test('Has not arrived where it was sent elsewhere', async () => {
    const url = await serve((_request, response) =>
      response.writeHead(302, { location: 'http://elsewhere.invalid/' }).end(),
    );
    expect(await send({ kind: 'http', url: template(url) }, 'x')).toMatchObject({
      ok: false,
      detail: 'HTTP 302: (nothing)',
    });
  });

  test.each([
    ['a file in a folder that is not there', { kind: 'file', path: template('no/such/folder/log') }],
    ['a command that is not there', { kind: 'run', command: command(['no-such-program-here']) }],
    ['a command that fails', { kind: 'run', command: command(['sh', '-c', 'echo no >&2; exit 4']) }],
    ['an address that is none', { kind: 'http', url: template('chat.example') }],
    ['an address that is not set', { kind: 'http', url: unset }],
    [
      'a command elsewhere, without a way there',
      { kind: 'run', command: command(['x'], { where: { kind: 'pod', name: template('p') } }) },
    ],
  ] as const)('Says so for %s', async (_name, channel) => {
    expect(await send(channel, 'x')).toEqual({ ok: false, detail: expect.stringMatching(/./) });
  });

  test('Ends in time', async () => {
    const url = await serve(() => undefined);
    expect(await send({ kind: 'http', url: template(url) }, 'x', { timeoutMs: 200 })).toMatchObject({
      ok: false,
    });
    const calling = new AbortController();
    const silent = await serve(() => calling.abort());
    expect(await send({ kind: 'http', url: template(silent) }, 'x', {}, calling.signal)).toMatchObject({
      ok: false,
    });
  });

  test('Has no channel that the runbook does not have', async () => {
    const messenger = openMessenger({
      channels: {},
      clock: systemClock(),
      env: {},
      cwd: '/',
      redactor: redactor([]),
    });
    expect(await messenger.send('chat', 'x', fill, new AbortController().signal)).toMatchObject({
      ok: false,
    });
  });
});
