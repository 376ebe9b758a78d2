import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { archiveFile, openShopDatabase, shopFile } from '../database/open.ts';
import { incidentFile } from '../incident.ts';
import { weightsFile } from '../proxy/weights-file.ts';
import type { Series } from '../metrics/store.ts';
import { chatFile } from './chat.ts';
import { flagsFile } from './flags.ts';
import type { Silence } from './silences.ts';

/** Everything that is not in a file of its own. */
export interface SnapshotMemory {
  readonly domainMs: number;
  readonly releases: Readonly<Record<string, string>>;
  readonly weights: unknown;
  readonly freeze: string;
  readonly silences: readonly Silence[];
  readonly series: readonly Series[];
}

const snapshotFolder = (folder: string, name: string): string => path.join(folder, 'snapshots', name);
const trees = ['ci', 'jobs', path.join('data', 'volumes')] as const;

/** Copies the shop's files and memory. SQLite copies its own file, so that a running writer does no harm. */
export function saveSnapshot(folder: string, name: string, memory: SnapshotMemory): void {
  const to = snapshotFolder(folder, name);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const database = openShopDatabase(folder);
  try {
    database.prepare('vacuum into ?').run(path.join(to, 'shop.db'));
  } finally {
    database.close();
  }
  for (const file of plainFiles(folder))
    if (existsSync(file)) copyFileSync(file, path.join(to, path.basename(file)));
  for (const tree of trees) cpSync(path.join(folder, tree), path.join(to, tree), { recursive: true });
  copyFileSync(weightsFile(folder), path.join(to, 'haproxy.cfg'));
  writeFileSync(path.join(to, 'memory'), serialize(memory));
}

const plainFiles = (folder: string): readonly string[] => [
  archiveFile(folder),
  flagsFile(folder),
  chatFile(folder),
  incidentFile(folder),
  path.join(folder, 'data', 'freeze'),
];

/** Puts the files back and answers the memory; nobody may have the database open. Null where there is no such snapshot. */
export function loadSnapshot(folder: string, name: string): SnapshotMemory | null {
  const from = snapshotFolder(folder, name);
  if (!existsSync(path.join(from, 'memory'))) return null;
  for (const suffix of ['', '-wal', '-shm', '-journal'])
    rmSync(`${shopFile(folder)}${suffix}`, { force: true });
  copyFileSync(path.join(from, 'shop.db'), shopFile(folder));
  // A copy by SQLite is not in WAL mode, and instances that all turn it on at once find the file locked.
  openShopDatabase(folder).close();
  for (const file of plainFiles(folder)) {
    const saved = path.join(from, path.basename(file));
    rmSync(file, { force: true });
    rmSync(`${file}-journal`, { force: true });
    if (existsSync(saved)) copyFileSync(saved, file);
  }
  for (const tree of trees) {
    rmSync(path.join(folder, tree), { recursive: true, force: true });
    cpSync(path.join(from, tree), path.join(folder, tree), { recursive: true });
  }
  copyFileSync(path.join(from, 'haproxy.cfg'), weightsFile(folder));
  return deserialize(readFileSync(path.join(from, 'memory'))) as SnapshotMemory;
}
