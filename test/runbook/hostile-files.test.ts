import { expect, test } from 'vitest';
import { loadRunbook } from '../../src/runbook/load.ts';
import { memoryFiles, runbookText } from './memory-files.ts';
import { cpuTimeOf } from '../fixtures/cpu-time.ts';

const steps = '- { id: look, manual: Look, read_only: true }';
const good = runbookText(steps);
const utf16 = (text: string): Uint8Array => new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'));
const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');
const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name, index) => {
    const before = String.fromCharCode(name.charCodeAt(0) - 1);
    return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]${index < 0 ? '' : ''}`;
  }),
].join('\n');

const hostile: readonly (readonly [string, string, string | Uint8Array])[] = [
  ['an alias bomb', 'WB006', bomb],
  ['20,000 keys', 'WB005', many(20_000, (index) => `k${index}: 1`)],
  ['200,000 keys', 'WB002', many(200_000, (index) => `k${index}: 1`)],
  ['20,000 keys on one line', 'WB005', `{${many(20_000, (index) => `k${index}: 1,`).replaceAll('\n', '')}}`],
  ['lists 100,000 deep', 'WB004', '['.repeat(100_000)],
  ['mappings 100,000 deep', 'WB004', '{a: '.repeat(50_000)],
  ['block lists 100,000 deep', 'WB004', '- '.repeat(100_000)],
  ['question marks 100,000 deep', 'WB004', '? '.repeat(100_000)],
  ['block mappings 700 deep', 'WB004', many(700, (index) => `${' '.repeat(index)}a:`)],
  ['10 MB', 'WB002', 'x'.repeat(10_000_000)],
  ['a key twice', 'WB010', `${good}\ntitle: Again`],
  ['a NUL', 'WB003', `${good}\nowner: a\0b`],
  ['a tag', 'WB007', `${good}\nowner: !!js/function 'x'`],
  ['a merge key', 'WB008', `${good}\n<<: { owner: me }`],
  ['a byte order mark', 'WB003', `\ufeff${good}`],
  ['UTF-16', 'WB003', utf16(good)],
  [
    'bytes that are not UTF-8',
    'WB003',
    new Uint8Array([...new TextEncoder().encode(good), 0x0a, 0xc3, 0x28]),
  ],
  ['an empty file', 'WB012', ''],
  ['nothing but comments', 'WB012', '# nothing\n'.repeat(1_000)],
  ['an open quote', 'WB011', `${good}\nowner: "${'x\\"'.repeat(60_000)}`],
  ['200,000 empty lines', 'WB005', `a:\n${'\n'.repeat(200_000)} b: c`],
  ['an open list of line breaks', 'WB005', `[${'\n'.repeat(200_000)}`],
  ['only tabs', 'WB011', `a:\n${'\t'.repeat(100_000)}b: c`],
  ['only colons', 'WB004', ': '.repeat(100_000)],
  ['a second document', 'WB009', `${good}\n---\n${good}`],
  ['a file that is not there', 'WB001', ''],
  ['`__proto__` as a key', 'WB106', `${good}\n__proto__: { polluted: true }`],
];

test.each(hostile)('%s is refused at a place, within a second', (what, code, content) => {
  const files = what === 'a file that is not there' ? {} : { 'book.yaml': content };
  const { result, ms } = cpuTimeOf(() => loadRunbook('book.yaml', memoryFiles(files)));

  expect(result.ok).toBe(false);
  const [problem] = result.ok ? [] : result.problems;
  expect(problem?.code).toBe(code);
  expect(problem?.at).toMatchObject({
    file: 'book.yaml',
    line: expect.any(Number) as number,
    column: expect.any(Number) as number,
  });
  expect(ms).toBeLessThan(1_000);
});

test('nothing that a hostile file says reaches the prototypes', () => {
  loadRunbook(
    'book.yaml',
    memoryFiles({
      'book.yaml': `${good}\n__proto__: { polluted: true }\nconstructor: { prototype: { polluted: true } }`,
    }),
  );

  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

test('a key, a NUL and a bad byte are placed where they stand', () => {
  const place = (content: string | Uint8Array) => {
    const result = loadRunbook('book.yaml', memoryFiles({ 'book.yaml': content }));
    return result.ok ? null : result.problems.map(({ at }) => [at.line, at.column]);
  };

  expect(place('walkback: 1\nid: a\nid: b\n')).toEqual([[3, 1]]);
  expect(place('walkback: 1\nid: a\0\n')).toEqual([[2, 6]]);
  expect(place(new Uint8Array([0x61, 0x3a, 0x0a, 0x20, 0xff, 0x0a]))).toEqual([[2, 2]]);
});

test('a few small fragments cannot multiply into a huge runbook', () => {
  const level = (next: string | null): string => {
    const one = next === null ? '- { run: [x], read_only: true }' : `- { use: ${next} }`;
    return `walkback_fragment: 1\nid: many\ntitle: Many\nsteps:\n${`  ${one}\n`.repeat(20)}`;
  };
  const { result, ms } = cpuTimeOf(() =>
    loadRunbook(
      'book.yaml',
      memoryFiles({
        'book.yaml': runbookText('- { id: bomb, use: a.yaml }'),
        'a.yaml': level('b.yaml'),
        'b.yaml': level('c.yaml'),
        'c.yaml': level('d.yaml'),
        'd.yaml': level('e.yaml'),
        'e.yaml': level(null),
      }),
    ),
  );

  expect(result.ok ? [] : result.problems.map(({ code }) => code)).toEqual(['WB207']);
  expect(ms).toBeLessThan(1_000);
});
