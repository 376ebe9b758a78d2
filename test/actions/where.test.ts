import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoteForShell, wrap } from '../../src/actions/where.ts';
import { OperatorError } from '../../src/errors.ts';

const hostile = [
  "'",
  "''",
  "'\\''",
  '"',
  '$(id)',
  '`id`',
  '\\',
  '\n',
  '\r\n',
  ' ',
  '',
  '*',
  '~',
  '!',
  '#',
  '-n',
  '--',
  ';',
  '&',
  '|',
  '\t',
  '\u001b[2J',
  'é☃😀',
  '$HOME',
  '${IFS}',
  '%s',
  '\u0001',
  '\u007f',
];
const element = fc
  .array(fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary', maxLength: 12 })), {
    maxLength: 6,
  })
  .map((parts) => parts.join('').replaceAll('\0', ''))
  .filter((text) => text.isWellFormed());

test('a real shell splits a quoted line into exactly the elements that went in', () => {
  fc.assert(
    fc.property(fc.array(element, { minLength: 1, maxLength: 40 }), (argv) => {
      const { stdout, stderr } = spawnSync('sh', ['-c', `printf '%s\\0' ${quoteForShell(argv)}`], {
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      expect(stdout.split('\0').slice(0, -1)).toEqual(argv);
    }),
    { numRuns: 60 },
  );
});

test('every place wraps a command in the operator’s own tool', () => {
  const argv = ['echo', "it's", '$HOME'];
  expect(wrap({ kind: 'workstation' }, argv)).toEqual(argv);
  expect(wrap({ kind: 'ssh', name: 'ana@db-1' }, argv)).toEqual([
    'ssh',
    '-o',
    'BatchMode=yes',
    '--',
    'ana@db-1',
    String.raw`'echo' 'it'\''s' '$HOME'`,
  ]);
  expect(wrap({ kind: 'pod', name: 'shop-0' }, argv)).toEqual(['kubectl', 'exec', 'shop-0', '--', ...argv]);
  expect(wrap({ kind: 'container', name: 'shop' }, argv)).toEqual(['docker', 'exec', 'shop', ...argv]);
});

test('variables of a command travel with it', () => {
  const env = { SCHEMA: "a 'b'" };
  expect(wrap({ kind: 'workstation' }, ['x'], env)).toEqual(['x']);
  expect(wrap({ kind: 'ssh', name: 'db' }, ['x'], env).at(-1)).toBe(
    String.raw`'env' 'SCHEMA=a '\''b'\''' 'x'`,
  );
  expect(wrap({ kind: 'pod', name: 'p' }, ['x'], env).slice(3)).toEqual(['--', 'env', "SCHEMA=a 'b'", 'x']);
  expect(wrap({ kind: 'container', name: 'c' }, ['x'], env)).toEqual([
    'docker',
    'exec',
    '-e',
    'SCHEMA',
    'c',
    'x',
  ]);
});

test.each(['', '-oProxyCommand=id', 'db 1', 'db\n1', 'db\u0000'])('%j is refused as a name', (name) => {
  for (const kind of ['ssh', 'pod', 'container'] as const) {
    expect(() => wrap({ kind, name }, ['true'])).toThrow(OperatorError);
  }
});
