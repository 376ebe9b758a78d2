import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { writeBundle } from '../../src/cli/records/bundle.ts';
import { openLedgerForWriting } from '../../src/cli/ledger.ts';
import { readRecord } from '../../src/cli/records/record.ts';
import { knownHead, verifyBundle } from '../../src/cli/records/verify-bundle.ts';
import { canonicalJson } from '../../src/ledger/canonical.ts';
import type { CanonicalObject } from '../../src/ledger/canonical.ts';
import { rowHash } from '../../src/ledger/chain.ts';
import { redact } from '../../src/ledger/rows.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import { toldRollback } from '../report/events.ts';
import type { Stage } from '../runbooks/stage.ts';

/*
 * Bundles of sessions, honest and tampered with. Whoever tampers knows the format: they make sums, heads and hashes anew
 * where that helps them. What they do not have is the key that signed the sums, and a head that left the machine.
 */

type Random = () => number;
/** A line of the chain, open to every change. */
type Line = Record<string, unknown> & { body: CanonicalObject; seq: number; hash: string; prev: string };

interface Keys {
  readonly key: string;
  readonly signers: string;
  readonly stranger: string;
}

function makeKeys(folder: string): Keys {
  for (const name of ['key', 'stranger'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)]);
  const signers = join(folder, 'signers');
  writeFileSync(signers, `ada namespaces="walkback" ${readFileSync(join(folder, 'key.pub'), 'utf8')}`);
  return { key: join(folder, 'key'), signers, stranger: join(folder, 'stranger') };
}

const letters = [...'aZ0 äß€😀"\\/\u0000\n\u202e<&>{}[]:,'];
const some = (random: Random, upTo: number): number => Math.floor(random() * upTo);
const words = (random: Random): string =>
  `w${Array.from({ length: 1 + some(random, 40) }, () => letters[some(random, letters.length)]).join('')}`;

/** A session of a told rollback with notes of its own, as the ledger records it, in a bundle. Answers the folder. */
async function makeBundle(
  { around, folder }: Stage,
  random: Random,
  how: { readonly name: string; readonly key: string | null; readonly redacted: boolean },
): Promise<string> {
  const session = `20260314-${how.name}`;
  const ledger = openLedgerForWriting(around);
  const log = openSessionLog(ledger, session);
  const notes = Array.from({ length: some(random, 6) }, () => ({
    fact: { type: 'note.added' as const, by: 'ada', text: words(random) },
    actor: 'ada',
    at: ledger.now().iso,
  }));
  log.append([
    ...toldRollback.map(([, fact, actor]) => ({ fact, actor: actor ?? 'walkback', at: ledger.now().iso })),
    ...notes,
  ]);
  log.close();
  ledger.close();
  const record = readRecord(around, session);
  const rows = [...record.ledger.rows(session)];
  const target = join(folder, 'bundles', how.name);
  mkdirSync(dirname(target), { recursive: true });
  await writeBundle(around, record, how.redacted ? rows.map(redact) : rows, {
    folder: target,
    names: random() < 0.5 ? 'roles' : 'real',
    redacted: how.redacted,
    key: how.key,
  });
  record.ledger.close();
  return target;
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
const plainFiles = (folder: string): readonly string[] =>
  filesIn(folder).filter((name) => !name.startsWith('SHA256SUMS'));
const pick = <Item>(random: Random, items: readonly Item[]): Item => {
  const item = items[some(random, items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};

function sumAnew(folder: string): void {
  const sums = plainFiles(folder)
    .map((name) => `${hash('sha256', readFileSync(join(folder, name)), 'hex')}  ${name}\n`)
    .join('');
  writeFileSync(join(folder, 'SHA256SUMS'), sums);
}

const chainOf = (folder: string): Line[] =>
  readFileSync(join(folder, 'session.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

/** Writes the chain and what follows from it: the head and all sums. */
function writeChain(folder: string, lines: readonly Line[]): void {
  writeFileSync(join(folder, 'session.jsonl'), `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
  const last = lines.at(-1);
  writeFileSync(join(folder, 'HEAD'), `${String(last?.seq)} ${String(last?.hash)}\n`);
  sumAnew(folder);
}

/** Numbers and hashes of all rows from one on, as if they had been recorded so. */
function hashAnew(lines: Line[], from: number): void {
  for (let index = from; index < lines.length; index += 1) {
    const line = lines[index];
    if (line === undefined) return;
    line.seq = index + 1;
    line.prev = lines[index - 1]?.hash ?? line.prev;
    const { schema: _schema, openings: _openings, hash: _hash, ...row } = line;
    line.hash = rowHash({
      ...(row as unknown as Parameters<typeof rowHash>[0]),
      body: canonicalJson(line.body),
    });
  }
}

type Change = (lines: Line[], random: Random) => void;
const anyButFirst = (lines: readonly Line[], random: Random): number => 1 + some(random, lines.length - 1);

const editRow: Change = (lines, random) => {
  const line = pick(random, lines);
  const field = pick(random, ['at', 'actor', 'type', 'id', 'mono', 'boot', 'role', 'body'] as const);
  if (field === 'body') line.body = { ...line.body, tampered: some(random, 1000) };
  else if (field === 'mono') line['mono'] = Number(line['mono']) + 1;
  else line[field] = `${String(line[field])}x`;
};
const insertRow: Change = (lines, random) => {
  const at = anyButFirst(lines, random);
  const line = lines[at - 1];
  if (line !== undefined) lines.splice(at, 0, { ...structuredClone(line), seq: at + 1, prev: line.hash });
};
const deleteRow: Change = (lines, random) => {
  lines.splice(some(random, lines.length - 1), 1);
};
const swapRows: Change = (lines, random) => {
  const at = some(random, lines.length - 1);
  const [one, other] = [lines[at], lines[at + 1]];
  if (one !== undefined && other !== undefined) lines.splice(at, 2, other, one);
};
const repeatRow: Change = (lines, random) => {
  const at = some(random, lines.length);
  const line = lines[at];
  if (line !== undefined) lines.splice(at, 0, structuredClone(line));
};
/** A value beside its commitment: what the row says of it stays. */
const editValue: Change = (lines, random) => {
  const open = lines.flatMap(
    (line) => (line['openings'] as { salt: string | null; value: unknown }[] | undefined) ?? [],
  );
  const opening = pick(
    random,
    open.filter(({ salt }) => salt !== null),
  );
  opening.value = `${String(opening.value)} or not`;
};
const cutTail: Change = (lines, random) => {
  lines.splice(anyButFirst(lines, random));
};
/** From some row on another story is told, and every hash of it fits. */
const rewrite: Change = (lines, random) => {
  const from = anyButFirst(lines, random);
  const line = lines[from];
  if (line !== undefined) line.body = { ...line.body, tampered: true };
  hashAnew(lines, from);
};
const leaveOut: Change = (lines, random) => {
  const at = anyButFirst(lines, random);
  lines.splice(at, 1);
  hashAnew(lines, at);
};
const addEnd: Change = (lines) => {
  const last = lines.at(-1);
  if (last === undefined) return;
  lines.push({ ...structuredClone(last), id: `${String(last['id'])}x` });
  hashAnew(lines, lines.length - 1);
};

const inChain =
  (change: Change): Tampering['change'] =>
  (folder, random) => {
    const lines = chainOf(folder);
    change(lines, random);
    writeChain(folder, lines);
  };

interface Tampering {
  readonly change: (folder: string, random: Random, other: string) => void;
  /** What shows it: nothing but the bundle; a head that left the machine; the signature only. */
  readonly seenBy: 'bundle' | 'head' | 'signature';
}

export const tamperings: Readonly<Record<string, Tampering>> = {
  'a byte of a file': {
    seenBy: 'bundle',
    change: (folder, random) => {
      const file = join(folder, pick(random, plainFiles(folder)));
      const bytes = readFileSync(file);
      const at = some(random, bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << some(random, 8));
      writeFileSync(file, bytes);
    },
  },
  'a file gone': {
    seenBy: 'bundle',
    change: (folder, random) => rmSync(join(folder, pick(random, plainFiles(folder)))),
  },
  'a file more': {
    seenBy: 'bundle',
    change: (folder, random) => writeFileSync(join(folder, `note-${String(some(random, 99))}.txt`), ''),
  },
  'a file cut short': {
    seenBy: 'bundle',
    change: (folder, random) => {
      const file = join(folder, pick(random, plainFiles(folder)));
      truncateSync(file, some(random, statSync(file).size));
    },
  },
  'a file renamed': {
    seenBy: 'bundle',
    change: (folder, random) => {
      const file = join(folder, pick(random, plainFiles(folder)));
      renameSync(file, `${file}.old`);
    },
  },
  'a line of the sums gone': {
    seenBy: 'bundle',
    change: (folder, random) => {
      const lines = readFileSync(join(folder, 'SHA256SUMS'), 'utf8').trimEnd().split('\n');
      lines.splice(some(random, lines.length), 1);
      writeFileSync(join(folder, 'SHA256SUMS'), `${lines.join('\n')}\n`);
    },
  },
  'a row edited, sums anew': { seenBy: 'bundle', change: inChain(editRow) },
  'a row inserted, sums anew': { seenBy: 'bundle', change: inChain(insertRow) },
  'a row deleted, sums anew': { seenBy: 'bundle', change: inChain(deleteRow) },
  'two rows swapped, sums anew': { seenBy: 'bundle', change: inChain(swapRows) },
  'a row twice, sums anew': { seenBy: 'bundle', change: inChain(repeatRow) },
  'a sealed value edited, sums anew': { seenBy: 'bundle', change: inChain(editValue) },
  'the end cut off, head and sums anew': { seenBy: 'head', change: inChain(cutTail) },
  'rewritten from a row on, hashes, head and sums anew': { seenBy: 'head', change: inChain(rewrite) },
  'a row left out, hashes, head and sums anew': { seenBy: 'head', change: inChain(leaveOut) },
  'a row added at the end, hashes, head and sums anew': { seenBy: 'signature', change: inChain(addEnd) },
  'a document edited, sums anew': {
    seenBy: 'signature',
    change: (folder) => {
      appendFileSync(join(folder, 'post-mortem.md'), '\nAll went well.\n');
      sumAnew(folder);
    },
  },
  'another session in its place': {
    seenBy: 'head',
    change: (folder, _random, other) => {
      for (const name of plainFiles(folder)) rmSync(join(folder, name));
      for (const name of plainFiles(other)) cpSync(join(other, name), join(folder, name));
      sumAnew(folder);
    },
  },
};

/** How often each tampering was seen, by what the verifier had besides the bundle. */
export interface Seen {
  readonly tried: number;
  readonly bundle: number;
  readonly head: number;
  readonly signature: number;
  readonly all: number;
}

export interface Figures {
  readonly honest: number;
  /** Honest bundles that were called broken. */
  readonly falseAlarms: readonly string[];
  readonly seen: Readonly<Record<string, Seen>>;
  /** Verdicts of the script for people without walkback that differ from ours. */
  readonly disagreements: readonly string[];
}

export interface Trial {
  readonly honest: number;
  readonly tampered: number;
  /** Bundles that are tampered with, each many times. */
  readonly bases: number;
  readonly random: Random;
  /** Asks another verifier about a folder, with everything that is known; null where there is none. */
  readonly second: ((folder: string, head: string, signers: string | null) => Promise<boolean>) | null;
}

export async function tryBundles(stage: Stage, trial: Trial): Promise<Figures> {
  const { random } = trial;
  const keys = makeKeys(stage.folder);
  const signer = { name: 'ada', signers: keys.signers };
  const falseAlarms: string[] = [];
  const disagreements: string[] = [];
  const asked = async (folder: string, head: string, ok: boolean, signed: boolean): Promise<void> => {
    const other = await trial.second?.(folder, head, signed ? keys.signers : null);
    if (other !== undefined && other !== ok)
      disagreements.push(`${folder}: ${String(ok)} here, ${String(other)} there`);
  };
  for (let index = 0; index < trial.honest; index += 1) {
    const signed = index % 4 === 0;
    const folder = await makeBundle(stage, random, {
      name: `honest-${String(index)}`,
      key: signed ? keys.key : null,
      redacted: index % 2 === 1,
    });
    const head = readFileSync(join(folder, 'HEAD'), 'utf8');
    const verdict = await verifyBundle(stage.around, folder, {
      head: knownHead(head),
      signer: signed ? signer : null,
    });
    if (!verdict.ok) falseAlarms.push(`${String(index)}: ${verdict.problem}`);
    await asked(folder, head, verdict.ok, signed);
    rmSync(folder, { recursive: true });
  }

  const bases: string[] = [];
  for (let index = 0; index < trial.bases; index += 1)
    bases.push(
      await makeBundle(stage, random, { name: `base-${String(index)}`, key: keys.key, redacted: false }),
    );
  const seen: Record<string, Seen> = {};
  const kinds = Object.entries(tamperings);
  for (let index = 0; index < trial.tampered; index += 1) {
    const [name, { change }] = pick(() => (index % kinds.length) / kinds.length, kinds);
    const base = pick(random, bases);
    const folder = join(stage.folder, 'tampered');
    cpSync(base, folder, { recursive: true });
    change(
      folder,
      random,
      pick(
        random,
        bases.filter((one) => one !== base),
      ),
    );
    const stated = readFileSync(join(base, 'HEAD'), 'utf8');
    const head = knownHead(stated);
    const found = async (known: Parameters<typeof verifyBundle>[2]): Promise<number> =>
      (await verifyBundle(stage.around, folder, known)).ok ? 0 : 1;
    // whoever has more makes the same checks first: what is seen without it need not be asked again
    const alone = await found({ head: null, signer: null });
    const withHead = alone === 1 ? 1 : await found({ head, signer: null });
    const withSignature = alone === 1 ? 1 : await found({ head: null, signer });
    const withAll = withHead === 1 && withSignature === 1 ? 1 : await found({ head, signer });
    const now = { bundle: alone, head: withHead, signature: withSignature, all: withAll };
    await asked(folder, stated, now.all === 0, true);
    const { tried, ...before } = seen[name] ?? { tried: 0, bundle: 0, head: 0, signature: 0, all: 0 };
    seen[name] = {
      tried: tried + 1,
      bundle: before.bundle + now.bundle,
      head: before.head + now.head,
      signature: before.signature + now.signature,
      all: before.all + now.all,
    };
    rmSync(folder, { recursive: true });
  }
  return { honest: trial.honest, falseAlarms, seen, disagreements };
}

/** The figures as a table for a person. */
export function tableOf({ honest, falseAlarms, seen }: Figures): string {
  const share = (found: number, tried: number): string =>
    `${((100 * found) / tried).toFixed(0).padStart(3)} %`;
  const rows = Object.entries(seen).map(
    ([name, { tried, bundle, head, signature, all }]) =>
      `${name.padEnd(54)} ${String(tried).padStart(5)}  ${[bundle, head, signature, all].map((found) => share(found, tried)).join('   ')}`,
  );
  const tried = Object.values(seen).reduce((sum, one) => sum + one.tried, 0);
  const detected = Object.values(seen).reduce((sum, one) => sum + one.all, 0);
  return [
    `${'tampering'.padEnd(54)} tried  alone   head    sig.    all`,
    ...rows,
    `${String(detected)} of ${String(tried)} tamperings detected; ${String(falseAlarms.length)} false alarms on ${String(honest)} honest bundles`,
  ].join('\n');
}
