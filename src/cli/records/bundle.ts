import { hash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { commandEnvironment } from '../command-environment.ts';
import { signatures } from '../../actions/signatures.ts';
import { OperatorError } from '../../errors.ts';
import type { ChainRow } from '../../ledger/chain.ts';
import { exportJsonl } from '../../report/jsonl.ts';
import type { DocumentFormat } from './document-formats.ts';
import { documentOf } from './export-formats.ts';
import type { SessionRecordHere } from './record.ts';
import { pinnedFolders, sessionFolder } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';

export interface BundleOptions {
  readonly folder: string;
  readonly names: 'roles' | 'real';
  /** Only the chain, without sealed values: documents hold what was said and printed. */
  readonly redacted: boolean;
  /** An SSH key to sign the sums with, or null. */
  readonly key: string | null;
}

const documents: Readonly<Record<DocumentFormat, string>> = {
  md: 'post-mortem.md',
  html: 'post-mortem.html',
  json: 'session.json',
  csv: 'events.csv',
  otlp: 'trace.otlp.json',
  junit: 'junit.xml',
  cloudevents: 'cloudevents.json',
  prometheus: 'metrics.prom',
  asciicast2: 'session.cast',
  asciicast3: 'session.v3.cast',
  patch: 'drift.patch',
};

const sumsFile = 'SHA256SUMS';

/**
 * Everything about one session in a new folder: the chain, each document, what commands printed, evidence and the
 * runbook as it was pinned; and the sums of all of it, signed where a key is given.
 * @throws OperatorError where the folder is there already, or the key does not sign
 */
export async function writeBundle(
  around: Surroundings,
  record: SessionRecordHere,
  rows: readonly ChainRow[],
  options: BundleOptions,
): Promise<void> {
  const { folder, names, redacted, key } = options;
  if (existsSync(folder)) {
    throw new OperatorError(`${folder} is there already.`, ['Give a folder that does not exist yet.']);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const write = (name: string, content: string | Uint8Array): void => {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, content, { mode: 0o600, flag: 'wx' });
  };
  write('session.jsonl', [...exportJsonl(rows)].join(''));
  const head = rows.at(-1);
  write('HEAD', head === undefined ? '' : `${String(head.seq)} ${head.hash}\n`);
  write('README.txt', howToVerify(record.id, key !== null));
  if (!redacted) {
    for (const [format, name] of Object.entries(documents) as [DocumentFormat, string][]) {
      const document = documentOf(around, record, format, names);
      // nothing was changed by hand: an empty patch is none
      if (document !== '') write(name, document);
    }
    for (const [index, { attempt }] of record.ledger.outputs(record.id).entries()) {
      write(
        join('output', outputName(index, attempt)),
        Buffer.concat([...record.ledger.outputBytes(record.id, attempt)]),
      );
    }
    const beside: Readonly<Record<string, string>> = {
      ...Object.fromEntries(pinnedFolders(around, record.id).map((folder) => [basename(folder), folder])),
      evidence: join(sessionFolder(around, record.id), 'evidence'),
      drift: join(sessionFolder(around, record.id), 'drift'),
    };
    for (const [name, from] of Object.entries(beside)) {
      for (const file of filesIn(from)) write(join(name, file), readFileSync(join(from, file)));
    }
  }
  const sums = filesIn(folder)
    .map((file) => `${hash('sha256', readFileSync(join(folder, file)), 'hex')}  ${file}\n`)
    .join('');
  write(sumsFile, sums);
  if (key !== null) {
    const signer = signatures({ root: around.cwd, env: commandEnvironment(around) });
    write(`${sumsFile}.sig`, await signer.sign(sums, key));
  }
}

/** A file name for an attempt; the number keeps two attempts apart whose names differ in signs only. */
const outputName = (index: number, attempt: string): string =>
  `${String(index + 1).padStart(3, '0')}-${attempt.replaceAll(/[^\w.-]/g, '_')}.txt`;

/** All files below a folder, relative to it, in one order everywhere; none where there is no folder. */
function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => relative(folder, join(folder, name)))
    .toSorted();
}

const howToVerify = (session: string, isSigned: boolean): string =>
  `Session ${session}, as walkback recorded it. To verify it without walkback, in this folder:

  sha256sum -c SHA256SUMS
${isSigned ? '  ssh-keygen -Y verify -f ALLOWED_SIGNERS -I SIGNER -n walkback -s SHA256SUMS.sig < SHA256SUMS\n' : ''}  python3 verify_bundle.py .          (docs/verify_bundle.py in walkback's repository: the hash chain)

With walkback: walkback verify --bundle .
HEAD holds the number and the hash of the last event. Compare it with one that left the machine earlier (a message, a
signature): rows cut off at the end can be seen by that alone.
`;
