import { describe, expect, test } from 'vitest';
import { loadRunbook } from '../../src/runbook/load.ts';
import { memoryFiles } from './memory-files.ts';

/* SAFETY G5: what stands in a runbook is pinned with every session, and nothing masks it. */

/** Lines and columns of what looks like a secret, in a runbook with this step and this top. */
function found({ step = "run: ['true']", top = '' }): readonly string[] {
  const text = `walkback: 1
id: book
title: Book
service: shop
objective: 10m
${top}
phases:
  - id: work
    title: Work
    steps:
      - id: change
        ${step}
        ${step.startsWith('check:') ? '' : 'read_only: true'}
      - { id: done, end: rolled_back }
`;
  const loaded = loadRunbook('book.yaml', memoryFiles({ 'book.yaml': text }));
  return (loaded.ok ? loaded.warnings : loaded.problems)
    .filter(({ code, severity }) => code === 'WB520' || severity === 'error')
    .map(({ code, at, message }) => `${code} ${String(at.line)}:${String(at.column)} ${message}`);
}

/** Put together here, so that no scanner takes this file for a leak. */
const made = (...parts: readonly string[]): string => parts.join('');
const letters = 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC3dE5f';

describe('What looks like a secret is found where it stands', () => {
  test.each([
    [
      'an address',
      { step: "run: [psql, 'postgres://shop:hunter22@db/shop']" },
      '12:38 This looks like the password of an address',
    ],
    ['a comment', { top: '# redis://:hunter22@cache/0' }, '6:12 This looks like the password of an address'],
    [
      'a header',
      {
        step: `check: { http: 'http://x/', headers: { Authorization: '${made('Bear', 'er ', letters)}' }, expect: { status: 200 } }`,
      },
      'This looks like the token of a header',
    ],
    [
      'a header without a scheme',
      { step: "check: { http: 'http://x/', headers: { x-api-key: abcdefgh }, expect: { status: 200 } }" },
      '12:59 This looks like the secret of a header',
    ],
    [
      'a variable',
      { step: "run: ['true']\n        env: { PGPASSWORD: hunter }" },
      '13:28 This looks like a secret in a variable',
    ],
    [
      'a flag',
      { step: 'run: [mysql, --password, hunter22]' },
      '12:34 This looks like a secret in an argument',
    ],
    [
      'a flag with its value',
      { step: "run: [mysql, '--password=hunter22']" },
      '12:34 This looks like a secret that is given by name',
    ],
    [
      'a shell line',
      { step: 'shell: PGPASSWORD=hunter22 psql' },
      'This looks like a secret that is given by name',
    ],
    [
      'a query',
      { step: "check: { http: 'http://x/?token=hunter22', expect: { status: 200 } }" },
      'This looks like a secret that is given by name',
    ],
    [
      'an input',
      { top: 'inputs: { token: { type: secret, value: hunter22 } }' },
      '6:41 This looks like a secret, written out.',
    ],
    [
      'a key of AWS',
      { top: `# ${made('AKIA', 'IOSFODNN7EXAMPLE')}` },
      '6:3 This looks like an AWS access key',
    ],
    [
      'a token of GitHub',
      { top: `# ${made('ghp', '_', letters.slice(0, 36))}` },
      '6:3 This looks like a token of GitHub',
    ],
    [
      'a signed token',
      { top: `# ${made('eyJ', letters, '.eyJ', letters, '.', letters)}` },
      '6:3 This looks like a signed token',
    ],
    [
      'a private key',
      { top: `# ${made('-----BEGIN OPENSSH ', 'PRIVATE KEY-----')}` },
      '6:3 This looks like a private key',
    ],
  ])('in %s', (_where, where, said) => {
    const [first = '', ...more] = found(where);
    expect(first).toContain(said);
    expect(first).not.toContain('hunter22');
    expect(more).toEqual([]);
  });
});

test.each([
  ['an address without a password', { step: "run: [psql, 'postgres://shop@db:5432/shop']" }],
  [
    'an address as documentation writes it',
    { top: '# postgres://user:password@host/name, https://USER:PASSWORD@host' },
  ],
  [
    'an address whose password is filled in',
    {
      top: "inputs: { word: { type: string, ask: Word? } }\nenvironments: { one: { values: { db: 'postgres://shop:${{ inputs.word }}@db/shop' } } }",
    },
  ],
  [
    'a secret from where secrets lie',
    {
      top: 'inputs: { token: { type: secret, env: DEPLOY_TOKEN } }',
      step: "run: ['true']\n        env: { TOKEN: 'Bearer ${{ inputs.token }}', TOKEN_FILE: /run/token, PASSWORD: ./word }",
    },
  ],
  [
    'prose about secrets',
    {
      step: 'manual: Basic authentication needs a token; the password= field, and Bearer tokens, are in the vault.',
    },
  ],
  [
    'a flag that takes a file',
    { step: 'run: [deploy, --token, ~/.token, --password-stdin, --secret-name, shop-db]' },
  ],
  [
    'a variable of the shell',
    { step: 'shell: \'psql --set=password=$PGPASSWORD && curl "http://x/?token=$T"\'' },
  ],
])('%s is taken for none', (_what, where) => {
  expect(found(where)).toEqual([]);
});

test('a line of any length is looked at in linear time', () => {
  const long = ['a', 'a://', 'a:', 'token=', 'eyJa.', 'Bearer 1 ', '-', 'x@'].map(
    (part) => `# ${part.repeat(Math.floor(30_000 / part.length))}`,
  );
  const before = performance.now();
  found({ top: long.join('\n') });
  expect(performance.now() - before).toBeLessThan(1_000);
});
