import { z } from 'zod';
import { OperatorError } from '../../errors.ts';

const name = z.string().trim().min(1).max(200);

/** A deployment as a pipeline tells it, one JSON object a line in a feed. */
export const toldDeploymentSchema = z.strictObject({
  service: name,
  environment: name,
  release: name,
  /** When it was finished; now unless given. */
  finished_at: name.exactOptional(),
  /** When the oldest change in it was committed. */
  committed_at: name.exactOptional(),
  unplanned: z.boolean().default(false),
  session: name.exactOptional(),
  /** Unless given, an environment called `production` or `prod` is one. */
  production: z.boolean().exactOptional(),
  /** What the pipeline calls this run: told again it is not counted again. */
  id: name.exactOptional(),
});
export type ToldDeployment = z.infer<typeof toldDeploymentSchema>;

/** The deployments of a feed: JSON objects, one a line. Throws at the first line that is none. */
export function parseFeed(text: string, file: string): readonly ToldDeployment[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const read = toldDeploymentSchema.safeParse(jsonOrNull(line));
    if (read.success) return [read.data];
    const [issue] = read.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : `\`${issue.path.join('.')}\`: `;
    throw new OperatorError(`${file}:${index + 1}:1: ${where}${issue?.message ?? 'this is no deployment'}`, [
      'Write one object a line: {"service":"shop","environment":"production","release":"2.0.0","finished_at":"2026-03-01T17:50:00Z"}',
    ]);
  });
}

function jsonOrNull(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
