import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

/** The disks of the shop. Each is a folder that holds so many bytes and no more; whoever writes to it is held to that. */
const volumeBytes = { main: 4_194_304, spare: 8_388_608 } as const;
export type VolumeName = keyof typeof volumeBytes;
export const volumeNames = Object.keys(volumeBytes) as readonly VolumeName[];

export const isVolumeName = (text: unknown): text is VolumeName =>
  (volumeNames as readonly unknown[]).includes(text);

export interface Volume {
  readonly name: VolumeName;
  readonly bytes: number;
  readonly free: number;
}

export const volumesFolder = (folder: string): string => path.join(folder, 'data', 'volumes');
export const onVolume = (folder: string, volume: VolumeName, file: string): string =>
  path.join(volumesFolder(folder), volume, file);

export function readVolume(folder: string, name: VolumeName): Volume {
  const at = onVolume(folder, name, '');
  mkdirSync(at, { recursive: true });
  const used = readdirSync(at).reduce((sum, file) => sum + statSync(path.join(at, file)).size, 0);
  const bytes = volumeBytes[name];
  return { name, bytes, free: Math.max(0, bytes - used) };
}

/** Writes a file as far as the disk has room; a full one fails as a real one does, and keeps what it took. */
export function writeToVolume(folder: string, volume: VolumeName, file: string, content: Buffer): void {
  rmSync(onVolume(folder, volume, file), { force: true });
  const { free } = readVolume(folder, volume);
  const handle = openSync(onVolume(folder, volume, file), 'w');
  try {
    writeSync(handle, content.subarray(0, free));
  } finally {
    closeSync(handle);
  }
  if (content.length > free) throw new Error(`ENOSPC: no space left on device, write ${volume}/${file}`);
}

/** What fills a disk at night: the memory of a process that died, in a file. */
const core = 'core.4711';

/** Leaves no byte free. The file is as long as the room that there was, and takes none on the real disk. */
export function fillVolume(folder: string, volume: VolumeName): void {
  rmSync(onVolume(folder, volume, core), { force: true });
  const { free } = readVolume(folder, volume);
  const handle = openSync(onVolume(folder, volume, core), 'w');
  ftruncateSync(handle, free);
  closeSync(handle);
}

export const freeVolume = (folder: string, volume: VolumeName): void =>
  rmSync(onVolume(folder, volume, core), { force: true });
