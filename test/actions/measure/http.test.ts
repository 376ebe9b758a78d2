import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Probe } from '../../../src/runbook/model/values.ts';
import { measure, probe, serve, template, unset, type Handler } from './probe-kit.ts';

interface Request {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const http = (url: string, { method = 'GET', headers = {}, body }: Request = {}, more: Partial<Probe> = {}) =>
  probe(
    {
      kind: 'http',
      url: template(url),
      method,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, template(value)])),
      body: body === undefined ? null : template(body),
    },
    more,
  );

const reply =
  (status: number, body: string, headers: Record<string, string> = {}): Handler =>
  (_request, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('An answer over HTTP', () => {
  test('Is its text, with status and headers', async () => {
    const url = await serve(reply(200, 'ok\n', { 'X-Release': '2.0.0' }));
    expect(await measure(http(url))).toMatchObject({
      ok: true,
      value: 'ok',
      status: 200,
      exit: null,
      text: 'ok\n',
      headers: { 'x-release': '2.0.0' },
    });
  });

  test('Is a value in JSON', async () => {
    const url = await serve(reply(200, '{"version":"2.0.0"}'));
    expect(await measure(http(url, {}, { json: '$.version' }))).toMatchObject({ value: '2.0.0' });
  });

  test('Is a reading where the server refuses, too', async () => {
    const url = await serve(reply(503, 'try later'));
    expect(await measure(http(url))).toMatchObject({ ok: true, status: 503, value: 'try later' });
    expect(await measure(http(url, {}, { json: '$.version' }))).toMatchObject({ ok: false, code: 'status' });
  });

  test('Comes to what was asked: method, headers and body', async () => {
    const url = await serve((request, response, body) => {
      response.end(JSON.stringify({ method: request.method, token: request.headers['x-token'], body }));
    });
    const one = http(url, { method: 'POST', headers: { 'X-Token': 'abc' }, body: 'hello' }, { json: '$' });
    expect(await measure(one)).toMatchObject({ value: { method: 'POST', token: 'abc', body: 'hello' } });
  });

  test('Comes to a user and password in the address as a header', async () => {
    const url = await serve((request, response) => response.end(request.headers.authorization));
    expect(await measure(http(url.replace('//', '//ada:p%40ss@')))).toMatchObject({
      value: `Basic ${btoa('ada:p@ss')}`,
    });
  });

  test('Is taken twenty times for a census', async () => {
    let n = 0;
    const url = await serve((_request, response) => response.end((n += 1) % 10 === 0 ? '1.9.4' : '2.0.0'));
    expect(await measure(http(url, {}, { times: 20, reduce: 'census' }))).toMatchObject({
      value: { '2.0.0': 18, '1.9.4': 2 },
    });
  });
});

describe('A redirect', () => {
  test('Is followed on the same host', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/new') response.end('here');
      else response.writeHead(302, { location: '/new' }).end();
    });
    expect(await measure(http(`${url}/old`))).toMatchObject({ status: 200, value: 'here' });
  });

  test('Is the answer where it leads to another host, which is never asked', async () => {
    let asked = 0;
    const elsewhere = await serve((_request, response) => response.end(String((asked += 1))));
    const url = await serve(reply(302, '', { location: `${elsewhere}/login` }));
    const answer = await measure(http(url, { headers: { authorization: 'Bearer x' } }));
    expect(answer).toMatchObject({ ok: true, status: 302, headers: { location: `${elsewhere}/login` } });
    expect(asked).toBe(0);
  });

  test('Is not followed for ever', async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: '/' }).end();
    });
    expect(await measure(http(url))).toMatchObject({ ok: true, status: 302 });
    expect(asked).toBe(6);
  });

  test('Is not followed after something was posted', async () => {
    const url = await serve(reply(307, '', { location: '/other' }));
    expect(await measure(http(url, { method: 'POST', body: 'x' }))).toMatchObject({ status: 307 });
  });
});

describe('No answer over HTTP', () => {
  test.each([
    ['bad_url', 'file:///etc/passwd'],
    ['bad_url', 'data:text/plain,ok'],
    ['bad_url', 'shop.example'],
    ['dns', 'http://no-such-host.invalid/'],
  ])('%s for %s', async (code, url) => {
    expect(await measure(http(url))).toMatchObject({ ok: false, code });
  });

  test('connection where nothing listens', async () => {
    expect(await measure(http(`http://127.0.0.1:${await freePort()}`))).toMatchObject({
      ok: false,
      code: 'connection',
    });
  });

  test('connection where the server hangs up', async () => {
    const url = await serve((request) => request.socket.destroy());
    expect(await measure(http(url))).toMatchObject({ ok: false, code: 'connection' });
  });

  test('tls where the server speaks something else', async () => {
    const url = await serve(reply(200, 'ok'));
    expect(await measure(http(url.replace('http:', 'https:')))).toMatchObject({ ok: false, code: 'tls' });
  });

  test('timeout where it never answers, or never finishes', async () => {
    const silent = await serve(() => undefined);
    expect(await measure(http(silent, {}, { timeoutMs: 200 }))).toMatchObject({ ok: false, code: 'timeout' });
    const endless = await serve((_request, response) => void response.write('x'));
    expect(await measure(http(endless, {}, { timeoutMs: 200 }))).toMatchObject({
      ok: false,
      code: 'timeout',
    });
  });

  test('stopped where it was called off', async () => {
    const calling = new AbortController();
    const silent = await serve(() => calling.abort());
    expect(await measure(http(silent), {}, calling.signal)).toMatchObject({ ok: false, code: 'stopped' });
  });

  test('too_large where it never stops, or unpacks to too much', async () => {
    const url = await serve((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    expect(await measure(http(url))).toMatchObject({ ok: false, code: 'too_large' });
    const bomb = gzipSync('x'.repeat(20_000_000));
    const packed = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    expect(await measure(http(packed))).toMatchObject({ ok: false, code: 'too_large' });
  });

  test('bad_url for a header that cannot be sent, unset for a place without a value', async () => {
    const url = await serve(reply(200, 'ok'));
    expect(await measure(http(url, { headers: { 'X-A': 'a\r\nX-B: b' } }))).toMatchObject({
      ok: false,
      code: 'bad_url',
    });
    expect(
      await measure(probe({ kind: 'http', url: unset, method: 'GET', headers: {}, body: null })),
    ).toEqual({
      ok: false,
      code: 'unset',
      detail: 'inputs.gone is not set',
    });
  });
});

describe('A TCP connection', () => {
  const tcp = (address: string, more: Partial<Probe> = {}) =>
    probe({ kind: 'tcp', address: template(address) }, more);

  test('Stands or not', async () => {
    const url = new URL(await serve(reply(200, 'ok')));
    expect(await measure(tcp(`127.0.0.1:${url.port}`))).toMatchObject({ ok: true, value: true });
    expect(await measure(tcp(`tcp://[::ffff:127.0.0.1]:${url.port}`))).toMatchObject({
      ok: true,
      value: true,
    });
    expect(await measure(tcp(`127.0.0.1:${await freePort()}`))).toMatchObject({
      ok: false,
      code: 'connection',
    });
  });

  test('Is no connection to a name that is not there, or to what is no address', async () => {
    expect(await measure(tcp('no-such-host.invalid:80'))).toMatchObject({ ok: false, code: 'dns' });
    for (const address of ['127.0.0.1', '127.0.0.1:0', '127.0.0.1:99999', 'a:b:1', ':80']) {
      expect(await measure(tcp(address)), address).toMatchObject({ ok: false, code: 'bad_url' });
    }
  });

  test('Is not made where it was called off before', async () => {
    const url = new URL(await serve(reply(200, 'ok')));
    const calling = new AbortController();
    calling.abort();
    expect(await measure(tcp(`127.0.0.1:${url.port}`), {}, calling.signal)).toMatchObject({
      ok: false,
      code: 'stopped',
    });
  });
});
