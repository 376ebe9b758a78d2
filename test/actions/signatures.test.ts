import { Buffer } from 'node:buffer';
import { createHash, generateKeyPairSync, sign as signBytes, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { signatures } from '../../src/actions/signatures.ts';
import { OperatorError } from '../../src/errors.ts';

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
const request = 'Drop the column “coupon” on shop@production\nargv: ["./migrate","down"]\n';
let folder = '';
let port: ReturnType<typeof signatures>;
const publicKey: Record<string, string> = {};

const keygen = (...argv: readonly string[]) => execaSync('ssh-keygen', argv, { env, extendEnv: false });
const fileOf = (name: string) => join(folder, name);
const write = (name: string, text: string) => {
  writeFileSync(fileOf(name), text);
  return name;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'walkback-keys-'));
  for (const name of ['ada', 'grace', 'mallory']) {
    keygen('-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', fileOf(name));
    publicKey[name] = keygen('-y', '-f', fileOf(name)).stdout.split(' ').slice(0, 2).join(' ');
  }
  write(
    'signers',
    `# who may approve\nada@example ${publicKey['ada']}\n"grace@example" namespaces="walkback" ${publicKey['grace']}\n`,
  );
  port = signatures({ root: folder, env });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const verify = (
  over: Partial<{ request: string; signature: string; principal: string; signers: string }>,
  signature: string,
) =>
  port.verify(
    over.request ?? request,
    over.signature ?? signature,
    over.principal ?? 'ada@example',
    over.signers ?? 'signers',
  );

describe('A signature over the request', () => {
  test('Is verified for the person whose key made it, with that key’s fingerprint', async () => {
    const signature = await port.sign(request, fileOf('ada'));
    const fingerprint = keygen('-l', '-f', fileOf('ada')).stdout.split(' ')[1];
    expect(await verify({}, signature)).toEqual({
      ok: true,
      key: fingerprint,
      level: 'L1',
      names: ['ada@example'],
      signer: `ada@example ${publicKey['ada']}`,
    });
    expect(await verify({ signers: fileOf('signers') }, signature)).toMatchObject({ ok: true });
  });

  test('Is verified by a list of the closed set only, byte for byte, where the runbook is pinned to one', async () => {
    const signature = await port.sign(request, fileOf('ada'));
    const sum = (name: string) =>
      createHash('sha256')
        .update(readFileSync(fileOf(name)))
        .digest('hex');
    const closure = [{ path: 'signers', sha256: sum('signers') }];
    const pinned = signatures({ root: folder, env, pinned: { file: 'book.yaml', closure } });
    expect(await pinned.verify(request, signature, 'ada@example', './signers')).toMatchObject({ ok: true });
    write('others', readFileSync(fileOf('signers'), 'utf8'));
    for (const other of ['others', fileOf('signers'), '../signers', 'gone'])
      expect(await pinned.verify(request, signature, 'ada@example', other)).toMatchObject({
        ok: false,
        code: 'signers_changed',
      });
    // a copy counts with the keys that are revoked beside the list by now
    const copy = mkdtempSync(join(folder, 'copy-'));
    writeFileSync(join(copy, 'signers'), readFileSync(fileOf('signers')));
    const elsewhere = signatures({
      root: copy,
      env,
      pinned: { file: 'book.yaml', closure },
      revokedUnder: folder,
    });
    expect(await elsewhere.verify(request, signature, 'ada@example', 'signers')).toMatchObject({ ok: true });
    write('revoked_keys', `${publicKey['ada']}\n`);
    expect((await elsewhere.verify(request, signature, 'ada@example', 'signers')).ok).toBe(false);
    rmSync(fileOf('revoked_keys'));
  });

  test('Is verified for a name in quotes with options after it', async () => {
    const signature = await port.sign(request, fileOf('grace'));
    expect(await verify({ principal: 'grace@example' }, signature)).toMatchObject({ ok: true });
  });

  test.each([
    ['the request was altered', { request: request.replace('coupon', 'orders') }],
    ['the request has one more line end', { request: `${request}\n` }],
    ['it is claimed by another person on the list', { principal: 'grace@example' }],
    ['the person is not on the list', { principal: 'mallory@example' }],
    ['the principal is a pattern', { principal: '*' }],
    ['the principal is several', { principal: 'ada@example,grace@example' }],
    ['the principal is nobody', { principal: '' }],
    ['the list is not there', { signers: 'gone' }],
    ['the list is a folder', { signers: '.' }],
  ])('Is refused where %s', async (_name, over) => {
    const signature = await port.sign(request, fileOf('ada'));
    expect(await verify(over, signature)).toEqual({ ok: false, detail: expect.stringMatching(/./) });
  });

  test('Is refused where it was made for another purpose, as a git commit is', async () => {
    const other = execaSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'git', '-f', fileOf('ada')], {
      env,
      input: request,
      stripFinalNewline: false,
    });
    expect(await verify({}, other.stdout)).toMatchObject({ ok: false });
  });

  test('Is refused where a key that is not on the list made it, sound as it is', async () => {
    const signature = await port.sign(request, fileOf('mallory'));
    expect(await verify({}, signature)).toMatchObject({ ok: false });
    const naive = execaSync(
      'ssh-keygen',
      ['-Y', 'check-novalidate', '-n', 'walkback', '-s', fileOf(write('naive.sig', signature))],
      {
        env,
        input: request,
      },
    );
    expect(naive.exitCode).toBe(0); // which is why that check is not used
  });

  test.each([
    ['a pattern for all', (key: string) => `* ${key}`],
    ['a pattern for a domain', (key: string) => `ada@example,*@example ${key}`],
    ['a pattern with a question mark', (key: string) => `ad?@example ${key}`],
    ['an exception', (key: string) => `!grace@example,ada@example ${key}`],
    ['a pattern in quotes', (key: string) => `"*@example" ${key}`],
    ['a certificate authority', (key: string) => `ada@example cert-authority ${key}`],
    [
      'a certificate authority among options',
      (key: string) => `ada@example namespaces="walkback",cert-authority ${key}`,
    ],
  ])('Is refused where the list holds %s on any line', async (_name, line) => {
    const signature = await port.sign(request, fileOf('ada'));
    const signers = write(
      'patterns',
      `ada@example ${publicKey['ada']}\n${line(publicKey['mallory'] ?? '')}\n`,
    );
    expect(await verify({ signers }, signature)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('line 2'),
    });
  });

  test('Is refused where the list allows the key for another purpose or another time only', async () => {
    const signature = await port.sign(request, fileOf('ada'));
    for (const option of ['namespaces="git"', 'valid-before="20200101"', 'valid-after="20990101"']) {
      const signers = write('limited', `ada@example ${option} ${publicKey['ada']}\n`);
      expect(await verify({ signers }, signature), option).toMatchObject({ ok: false });
    }
  });

  test.each([
    ['is not one', () => 'yes'],
    ['is empty', () => ''],
    ['is two of them', (one: string) => one + one],
    ['is cut', (one: string) => one.slice(0, one.length / 2)],
    ['is as long as a book', (one: string) => one + ' '.repeat(2_000_000)],
  ])('Is refused where it %s', async (_name, change) => {
    const signature = await port.sign(request, fileOf('ada'));
    expect(await verify({}, change(signature))).toMatchObject({ ok: false });
  });

  test('Is refused once the key is revoked, by a list of keys or by a KRL', async () => {
    const signature = await port.sign(request, fileOf('grace'));
    const grace = { principal: 'grace@example' };
    try {
      write('revoked_keys', `${publicKey['mallory']}\n`);
      expect(await verify(grace, signature)).toMatchObject({ ok: true });
      write('revoked_keys', `${publicKey['grace']}\n`);
      expect(await verify(grace, signature)).toMatchObject({
        ok: false,
        detail: expect.stringContaining('no longer'),
      });
      rmSync(fileOf('revoked_keys'));
      keygen('-q', '-k', '-f', fileOf('revoked_keys'), fileOf('grace.pub'));
      expect(await verify(grace, signature)).toMatchObject({ ok: false });
      write('revoked_keys', 'this is no list of keys\n');
      expect(await verify(grace, signature)).toMatchObject({ ok: false });
    } finally {
      rmSync(fileOf('revoked_keys'), { force: true });
    }
    expect(await verify(grace, signature)).toMatchObject({ ok: true });
  });

  test('Leaves no file behind', async () => {
    vi.stubEnv('TMPDIR', folder);
    await verify({}, await port.sign(request, fileOf('ada')));
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('walkback-'))).toEqual([]);
    vi.unstubAllEnvs();
  });
});

describe('A signature of a security key', () => {
  test('Counts as L2', async () => {
    const key = securityKey();
    const signers = write('hardware', `ada@example ${key.publicKey}\n`);
    expect(await verify({ signers }, key.sign(request))).toMatchObject({ ok: true, level: 'L2' });
    expect(await verify({ signers, request: `${request} ` }, key.sign(request))).toMatchObject({ ok: false });
  });
});

describe('Signing', () => {
  test('A file that is no key says so', async () => {
    await expect(port.sign(request, fileOf(write('nothing', 'no key')))).rejects.toThrow(OperatorError);
    await expect(port.sign(request, fileOf('gone'))).rejects.toThrow(/did not sign/);
  });

  test('A request in any letters is signed and verified as the same bytes', async () => {
    for (const odd of ['', '漢字 \u202E\n', 'a\r\nb\0c', 'x'.repeat(100_000)]) {
      expect(await verify({ request: odd }, await port.sign(odd, fileOf('ada')))).toMatchObject({ ok: true });
    }
  });
});

/** What a FIDO key does, in software: OpenSSH's PROTOCOL.u2f and PROTOCOL.sshsig. */
function securityKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const kind = 'sk-ssh-ed25519@openssh.com';
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const blob = Buffer.concat([field(kind), field(raw), field('ssh:')]);
  return {
    publicKey: `${kind} ${blob.toString('base64')}`,
    sign: (text: string) =>
      armour(Buffer.concat([...sshsig(blob), field(signatureOf(text, kind, privateKey))])),
  };
}

function sshsig(blob: Buffer): readonly Buffer[] {
  return [Buffer.from('SSHSIG'), number(1), field(blob), field('walkback'), field(''), field('sha512')];
}

function signatureOf(text: string, kind: string, privateKey: KeyObject): Buffer {
  const digest = createHash('sha512').update(text).digest();
  const signed = Buffer.concat([
    Buffer.from('SSHSIG'),
    field('walkback'),
    field(''),
    field('sha512'),
    field(digest),
  ]);
  const touchAndCount = Buffer.concat([Buffer.from([1]), number(7)]);
  const bytes = Buffer.concat([hash('ssh:'), touchAndCount, hash(signed)]);
  return Buffer.concat([field(kind), field(signBytes(null, bytes, privateKey)), touchAndCount]);
}

const hash = (value: string | Buffer) => createHash('sha256').update(value).digest();

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
}

function armour(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}
