import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { isoTime } from '../clock.ts';
import { onVolume, readVolume, volumesFolder, writeToVolume, type VolumeName } from '../volumes.ts';
import { archiveFile, openFile, shopFile, type ShopDatabase } from './open.ts';

/** A backup as the catalogue has it: what was meant to be written, not what lies on the disk. */
export interface Backup {
  readonly name: string;
  readonly volume: VolumeName;
  readonly takenAt: string;
  readonly bytes: number;
  readonly orders: number;
}

const catalogueFile = (folder: string): string => path.join(volumesFolder(folder), 'catalogue.json');
const pinFile = (folder: string): string => path.join(volumesFolder(folder), 'pinned');
const fileOf = (folder: string, { name, volume }: Backup): string => onVolume(folder, volume, `${name}.db`);

/** The backups, the newest first. */
export const listBackups = (folder: string): readonly Backup[] =>
  existsSync(catalogueFile(folder))
    ? (JSON.parse(readFileSync(catalogueFile(folder), 'utf8')) as readonly Backup[])
    : [];

/** Those that the nightly run took by itself. */
export const nightlyBackups = (folder: string): readonly Backup[] =>
  listBackups(folder).filter(({ name }) => name.startsWith('shop-'));

/**
 * Copies the database to a volume. Like many such tools it enters the backup in the catalogue first, and a full disk
 * leaves the entry and the beginning of a file.
 */
export function takeBackup(
  folder: string,
  database: ShopDatabase,
  { name, volume, atMs }: { readonly name: string; readonly volume: VolumeName; readonly atMs: number },
): Backup {
  readVolume(folder, volume); // makes its folder
  return inScratch(folder, (scratch) => {
    database.prepare('vacuum into ?').run(scratch);
    const content = readFileSync(scratch);
    const orders = Number(database.prepare('select count(*) from orders').pluck().get());
    const backup: Backup = { name, volume, takenAt: isoTime(atMs), bytes: content.length, orders };
    const others = listBackups(folder).filter((one) => one.name !== name);
    writeFileSync(catalogueFile(folder), `${JSON.stringify([backup, ...others], null, 2)}\n`);
    writeToVolume(folder, volume, `${name}.db`, content);
    return backup;
  });
}

export type Proof =
  { readonly whole: true; readonly orders: number } | { readonly whole: false; readonly why: string };

/** Restores a backup into a file of its own, lets SQLite look at every page, and counts what is in it. */
export function proveBackup(folder: string, backup: Backup): Proof {
  const file = fileOf(folder, backup);
  if (!existsSync(file)) return { whole: false, why: 'there is no such file' };
  return inScratch(folder, (scratch) => {
    copyFileSync(file, scratch);
    const copy = openFile(scratch);
    try {
      const [said] = copy.pragma('integrity_check(1)', { simple: false }) as readonly {
        integrity_check: string;
      }[];
      if (said?.integrity_check !== 'ok')
        return { whole: false, why: said?.integrity_check ?? 'it cannot be read' };
      if ((copy.pragma('foreign_key_check') as readonly unknown[]).length > 0)
        return { whole: false, why: 'rows in it point at nothing' };
      const orders = Number(copy.prepare('select count(*) from orders').pluck().get());
      return orders > 0 ? { whole: true, orders } : { whole: false, why: 'it holds no orders' };
    } catch (error) {
      return { whole: false, why: error instanceof Error ? error.message : String(error) };
    } finally {
      copy.close();
    }
  });
}

/** Puts a backup in the place of the shop's data. Nothing else may have the database open. */
export async function restoreBackup(folder: string, backup: Backup): Promise<void> {
  const proof = proveBackup(folder, backup);
  if (!proof.whole) throw new Error(`${backup.name} cannot be restored: ${proof.why}`);
  const copy = openFile(fileOf(folder, backup));
  try {
    await copy.backup(shopFile(folder));
  } finally {
    copy.close();
  }
  rmSync(archiveFile(folder), { force: true }); // what it remembers belongs to the data that was replaced
}

/** Takes a backup and its entry away. */
export function dropBackup(folder: string, backup: Backup): void {
  const others = listBackups(folder).filter(({ name }) => name !== backup.name);
  rmSync(fileOf(folder, backup), { force: true });
  writeFileSync(catalogueFile(folder), `${JSON.stringify(others, null, 2)}\n`);
}

/** The backup that somebody relies on, by name; null where nobody does. */
export const pinnedBackup = (folder: string): Backup | null =>
  existsSync(pinFile(folder))
    ? (listBackups(folder).find(({ name }) => name === readFileSync(pinFile(folder), 'utf8').trim()) ?? null)
    : null;

export function pinBackup(folder: string, name: string | null): void {
  if (name === null) rmSync(pinFile(folder), { force: true });
  else writeFileSync(pinFile(folder), `${name}\n`);
}

/** The rows of the pinned or any other backup, read from it. */
export function readBackup<T>(folder: string, backup: Backup, work: (copy: ShopDatabase) => T): T {
  return inScratch(folder, (scratch) => {
    copyFileSync(fileOf(folder, backup), scratch);
    const copy = openFile(scratch);
    try {
      return work(copy);
    } finally {
      copy.close();
    }
  });
}

/** Cuts a backup off in the middle; answers what puts it back as it was. */
export function truncateBackup(folder: string, backup: Backup): () => void {
  const file = fileOf(folder, backup);
  const whole = readFileSync(file);
  truncateSync(file, Math.floor(whole.length / 2));
  return () => writeFileSync(file, whole);
}

function inScratch<T>(folder: string, work: (file: string) => T): T {
  const scratch = mkdtempSync(path.join(folder, 'scratch-'));
  try {
    return work(path.join(scratch, 'copy.db'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
