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
  /** Texts of the jobs that are paused, each by itself; null: all jobs, together. */
  readonly only: readonly string[] | null;
  /** Who paused it, and when. */
  readonly words: string;
  /** The table as the pause left it; the same as what is there now unless somebody has edited it. */
  readonly expected: string;
  /** What is there now, without the two lines above. */
  readonly lines: readonly string[];
}

/** What the table becomes when one job is no longer paused, or none is: by what is to happen to edits made meanwhile. */
export interface RestoredTables {
  /** As it was before the pause. */
  readonly overwrite: string | null;
  /** With the edits, and the jobs running again. */
  readonly codify: string;
  /** With the edits, and the jobs left as comments. */
  readonly keep: string;
}

const mark = '#walkback';
const jobMark = `${mark}| `;
const headMark = `${mark} paused `;
const originalMark = `${mark} original `;
const headEnd = '; ends with: walkback jobs crontab restore';

/** Minutes begin with a digit or a star, and `@daily` with its sign; anything else is a comment or a variable. */
const isJob = (line: string): boolean => /^\s*[\d*@]/.test(line);

/** The lines of a table that are jobs and were paused, as they were before. */
export const pausedLines = ({ lines }: PausedTable): readonly string[] =>
  lines.flatMap((line) => (line.startsWith(jobMark) ? line.slice(jobMark.length) : []));

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
 * @param only pauses only the jobs whose line has one of these texts in it; null pauses all
 * @param words who paused it and when, for people
 */
export function pausedTable(original: string | null, only: readonly string[] | null, words: string): string {
  const kept = gzipSync(Buffer.from(JSON.stringify({ original, only }), 'utf8'), { level: 9 });
  const head = `${headMark}${words}${headEnd}`;
  return `${head}\n${originalMark}${kept.toString('base64')}\n${pausedBody(original, only)}`;
}

const pausedBody = (original: string | null, only: readonly string[] | null): string =>
  linesOf(original ?? '')
    .map((line) => (isJob(line) && names(line, only) ? `${jobMark}${line}` : line))
    .join('\n');

const names = (line: string, only: readonly string[] | null): boolean =>
  only === null || only.some((text) => line.includes(text));

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
  const head = own.find((line) => line.startsWith(headMark)) ?? '';
  return {
    original,
    only,
    words: head.slice(headMark.length).split(headEnd)[0] ?? '',
    expected: [...own, pausedBody(original, only)].join('\n'),
    lines: lines.filter((line) => !own.includes(line)),
  };
}

/** @param one the text of the one job that is no longer paused; null ends the whole pause */
export function restoredTables(
  { original, only, words, lines }: PausedTable,
  one: string | null,
): RestoredTables {
  const left = one === null ? [] : (only ?? []).filter((text) => text !== one);
  const still = (table: string): string => (left.length === 0 ? table : pausedTable(table, left, words));
  const bare = (line: string): string => (line.startsWith(jobMark) ? line.slice(jobMark.length) : line);
  const ends = (line: string): boolean =>
    line.startsWith(jobMark) &&
    names(line, one === null ? null : [one]) &&
    !(left.length > 0 && names(line, left));
  return {
    overwrite: left.length === 0 ? original : pausedTable(original, left, words),
    codify: still(lines.map(bare).join('\n')),
    keep: still(lines.map((line) => (ends(line) ? `# ${bare(line)}` : bare(line))).join('\n')),
  };
}

const packedSchema = z.object({
  original: z.string().nullable(),
  only: z.union([z.string().transform((text) => [text]), z.array(z.string())]).nullable(),
});

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
