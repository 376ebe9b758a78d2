import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** A line is cut here; what is longer is data, or somebody's attempt to fill the memory. */
const longestLine = 64 * 1024;
const chunkBytes = 1024 * 1024;
/** Bytes before the place that was read to: what they were tells a file that was truncated from one that grew. */
const tailBytes = 256;
/** More than this is not read through on every check. */
const mostBytes = 2 * 1024 ** 3;
/** Rotated files that are read besides the log itself. */
const mostRotated = 50;

/** One file, whatever it is called by now. */
interface Track {
  readonly key: string;
  readonly handle: FileHandle;
  offset: number;
  /** What was read last, up to `tailBytes` of it. */
  tail: Buffer;
  line: LineBuffer;
}

export interface LogFollower {
  /** Takes every whole line that was not taken yet, rotated files first. */
  readonly read: (take: (line: string) => void) => Promise<void>;
  /** Why lines may be missing; null while none are. */
  readonly problem: () => string | null;
  readonly close: () => Promise<void>;
}

/**
 * Follows a log by its inode, from what it and its rotated files (`app.log.1`, `app.log-20260301.gz`, …) hold of the time since
 * `fromMs`. A file that is renamed is read to its end, also what is still written to it; one that is copied and
 * truncated goes on in its copy. Only where neither is found are lines missing, and that is said.
 */
export function followLog(file: string, fromMs: number): LogFollower {
  const seen = new Set<string>();
  const tracks: Track[] = [];
  let current: Track | null = null;
  let problem: string | null = null;

  const openTrack = async (name: string, offset = 0): Promise<Track> => {
    const handle = await open(name, 'r');
    const key = keyFrom(await handle.stat({ bigint: true }));
    seen.add(key);
    return { key, handle, offset, tail: Buffer.alloc(0), line: lineBuffer() };
  };
  const track = async (name: string, offset = 0): Promise<Track> => {
    const made = await openTrack(name, offset);
    tracks.push(made);
    return made;
  };

  /** Rotated files that were not read yet, oldest first. */
  const rotated = async (sinceMs: number, packed: boolean): Promise<readonly string[]> => {
    const folder = path.dirname(file);
    const base = path.basename(file);
    const names = (await readdir(folder)).filter(
      (name) => name.startsWith(`${base}.`) || name.startsWith(`${base}-`),
    );
    const found = await Promise.all(
      names
        .filter((name) => packed || !name.endsWith('.gz'))
        .map(async (name) => {
          const full = path.join(folder, name);
          const info = await stat(full, { bigint: true }).catch(() => null);
          return info === null
            ? []
            : [{ full, key: keyFrom(info), isFile: info.isFile(), mtimeMs: Number(info.mtimeMs) }];
        }),
    );
    const fresh = found
      .flat()
      .filter(({ key, isFile, mtimeMs }) => isFile && mtimeMs >= sinceMs && !seen.has(key))
      .toSorted((one, other) => one.mtimeMs - other.mtimeMs);
    if (fresh.length > mostRotated)
      problem ??= `${file} has more than ${mostRotated} rotated files since then`;
    return fresh.slice(-mostRotated).map(({ full }) => full);
  };

  /** The copy that a truncated file was kept in: it holds, at the same place, what was read last. */
  const copyOf = async ({ offset, tail }: Track): Promise<string | null> => {
    for (const name of await rotated(0, false)) {
      const handle = await open(name, 'r').catch(() => null);
      if (handle === null) continue;
      try {
        if (await stillHas(handle, offset, tail)) return name;
      } finally {
        await handle.close();
      }
    }
    return null;
  };

  const begin = async (take: (line: string) => void): Promise<void> => {
    // opened before the others are listed: one that is rotated in between is known already
    const live = await openTrack(file);
    current = live;
    for (const name of await rotated(fromMs, true)) {
      if (name.endsWith('.gz')) await takePacked(name, take);
      else await track(name);
    }
    tracks.push(live);
  };

  /** What happened to the log since it was read: nothing, or another file has its name, or it was emptied. */
  const notice = async (): Promise<void> => {
    if (current === null) return;
    if (!(await stillHas(current.handle, current.offset, current.tail))) {
      const copy = await copyOf(current);
      if (copy === null) problem ??= `${file} was emptied while it was read: lines may be missing`;
      else await track(copy, current.offset);
      current.offset = 0;
      current.tail = Buffer.alloc(0);
      current.line = lineBuffer();
    }
    const named = await stat(file, { bigint: true }).catch(() => null);
    if (named === null || keyFrom(named) === current.key) return;
    // files that came and went between two looks
    for (const name of await rotated(fromMs, false)) await track(name);
    current = await track(file).catch(() => current);
  };

  return {
    problem: () => problem,
    close: async () => {
      await Promise.all(tracks.map(({ handle }) => handle.close()));
    },
    read: async (take) => {
      if (current === null) await begin(take);
      else await notice();
      for (const one of tracks) problem = (await readOn(one, file, take)) ?? problem;
    },
  };
}

/** Reads to the end of a file; answers what is wrong, or null. */
async function readOn(one: Track, file: string, take: (line: string) => void): Promise<string | null> {
  const { size } = await one.handle.stat();
  if (size - one.offset > mostBytes) return `${file} is too large to be read through (${size} bytes)`;
  const chunk = Buffer.alloc(Math.min(chunkBytes, Math.max(1, size - one.offset)));
  for (;;) {
    const { bytesRead } = await one.handle.read(chunk, 0, chunk.length, one.offset);
    if (bytesRead === 0) return null;
    const bytes = chunk.subarray(0, bytesRead);
    one.line.push(bytes, take);
    one.offset += bytesRead;
    one.tail = Buffer.concat([one.tail, bytes.subarray(-tailBytes)]).subarray(-tailBytes);
  }
}

/** Whether a file holds, right before `offset`, what was read there. */
async function stillHas(handle: FileHandle, offset: number, tail: Buffer): Promise<boolean> {
  const { size } = await handle.stat();
  if (size < offset) return false;
  const bytes = Buffer.alloc(tail.length);
  const { bytesRead } = await handle.read(bytes, 0, tail.length, offset - tail.length);
  return bytesRead === tail.length && bytes.equals(tail);
}

/** A file by its inode: as long as it is held open, no other file gets that number. */
const keyFrom = ({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string => `${dev} ${ino}`;

async function takePacked(name: string, take: (line: string) => void): Promise<void> {
  const handle = await open(name, 'r');
  try {
    const bytes = await promisify(gunzip)(await handle.readFile(), { maxOutputLength: mostBytes });
    const line = lineBuffer();
    line.push(bytes, take);
    line.end(take); // nothing is written to it any more
  } finally {
    await handle.close();
  }
}

interface LineBuffer {
  readonly push: (bytes: Buffer, take: (line: string) => void) => void;
  /** Takes what stands after the last line end, where there is anything. */
  readonly end: (take: (line: string) => void) => void;
}

/** Cuts bytes into lines; the beginning of one that is not whole yet waits for the rest. */
function lineBuffer(): LineBuffer {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const hold = (bytes: Buffer): void => {
    const kept = bytes.subarray(0, Math.max(0, longestLine - heldBytes));
    // a copy: the chunk that it is part of is read into again
    if (kept.length > 0) held.push(Buffer.from(kept));
    heldBytes += kept.length;
  };
  const whole = (): string => {
    const line = Buffer.concat(held).toString('utf8');
    held = [];
    heldBytes = 0;
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  };
  return {
    push: (bytes, take) => {
      let from = 0;
      for (let end = bytes.indexOf(10, from); end >= 0; end = bytes.indexOf(10, from)) {
        hold(bytes.subarray(from, end));
        from = end + 1;
        take(whole());
      }
      hold(bytes.subarray(from));
    },
    end: (take) => {
      if (heldBytes > 0) take(whole());
    },
  };
}
