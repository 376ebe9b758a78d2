import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';

/**
 * A table of cron in which jobs are paused. The table carries everything itself: what was paused is commented out where
 * it stands, and the two lines above it hold the original, byte for byte. So a pause survives us, and anybody who looks
 * at the table sees what it is and how to end it.
 */
export interface PausedTable {
  /** Null where there was no table at all. */
  readonly original: string | null;
  /** The table as the pause left it; the same as what is there now unless somebody has edited it. */
  readonly expected: string;
  /** What the table is with the edits that were made since, and the jobs no longer paused. */
  readonly codified: string;
  /** What the table is with the edits that were made since, and the paused jobs left as comments. */
  readonly kept: string;
}

const mark = '#walkback';
const jobMark = `${mark}| `;
const headMark = `${mark} paused `;
const originalMark = `${mark} original `;

/** Minutes begin with a digit or a star, and `@daily` with its sign; anything else is a comment or a variable. */
const isJob = (line: string): boolean => /^\s*[\d*@]/.test(line);

/** How many jobs of a table run. */
export const runningJobs = (table: string): number => linesOf(table).filter(isJob).length;

/** How many jobs of a table are commented out by a pause. */
export const pausedJobs = (table: string): number =>
  linesOf(table).filter((line) => line.startsWith(jobMark)).length;

const linesOf = (table: string): readonly string[] => table.split('\n');

export const digestOf = (table: string | null): string =>
  table === null ? 'none' : `sha256:${createHash('sha256').update(table).digest('hex')}`;

/**
 * The table with its jobs paused.
 * @param only pauses only the jobs whose line has this text in it; null pauses all
 * @param words who paused it and when, for people
 */
export function pausedTable(original: string | null, only: string | null, words: string): string {
  const kept = gzipSync(Buffer.from(JSON.stringify({ original, only }), 'utf8'), { level: 9 });
  const head = `${headMark}${words}; ends with: walkback jobs crontab restore`;
  return `${head}\n${originalMark}${kept.toString('base64')}\n${pausedBody(original, only)}`;
}

const pausedBody = (original: string | null, only: string | null): string =>
  linesOf(original ?? '')
    .map((line) => (isJob(line) && (only === null || line.includes(only)) ? `${jobMark}${line}` : line))
    .join('\n');

/** What a table says of its pause; null where it is not paused, `damaged` where the original can no longer be read. */
export function readPause(table: string | null): PausedTable | 'damaged' | null {
  if (table === null) return null;
  const lines = linesOf(table);
  const own = lines.filter((line) => line.startsWith(headMark) || line.startsWith(originalMark));
  const kept = own.find((line) => line.startsWith(originalMark));
  if (kept === undefined) return own.length > 0 || pausedJobs(table) > 0 ? 'damaged' : null;
  const packed = unpacked(kept.slice(originalMark.length).trim());
  if (packed === null) return 'damaged';
  const { original, only } = packed;
  const edited = lines.filter((line) => !own.includes(line));
  return {
    original,
    expected: [...own, pausedBody(original, only)].join('\n'),
    codified: edited.map((line) => (line.startsWith(jobMark) ? line.slice(jobMark.length) : line)).join('\n'),
    kept: edited.join('\n').replaceAll(jobMark, '# '),
  };
}

const packedSchema = z.object({ original: z.string().nullable(), only: z.string().nullable() });

function unpacked(kept: string): z.infer<typeof packedSchema> | null {
  try {
    return packedSchema.parse(JSON.parse(gunzipSync(Buffer.from(kept, 'base64')).toString('utf8')));
  } catch {
    return null;
  }
}

/** The lines that one table has and the other has not, in reading order, as `- ` and `+ `. */
export function changedLines(before: string, after: string): readonly string[] {
  const olds = linesOf(before);
  const news = linesOf(after);
  // longest common subsequence: tables of cron are short
  const row = (): number[] => Array.from({ length: news.length + 1 }, () => 0);
  const length = Array.from({ length: olds.length + 1 }, row);
  for (let i = olds.length - 1; i >= 0; i -= 1)
    for (let j = news.length - 1; j >= 0; j -= 1)
      (length[i] ?? [])[j] =
        olds[i] === news[j]
          ? (length[i + 1]?.[j + 1] ?? 0) + 1
          : Math.max(length[i + 1]?.[j] ?? 0, length[i]?.[j + 1] ?? 0);
  const changed: string[] = [];
  let i = 0;
  let j = 0;
  while (i < olds.length || j < news.length) {
    if (i < olds.length && j < news.length && olds[i] === news[j]) {
      i += 1;
      j += 1;
    } else if (
      j >= news.length ||
      (i < olds.length && (length[i + 1]?.[j] ?? 0) >= (length[i]?.[j + 1] ?? 0))
    )
      changed.push(`- ${olds[i++] ?? ''}`);
    else changed.push(`+ ${news[j++] ?? ''}`);
  }
  return changed;
}
