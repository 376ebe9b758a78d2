import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/*
 * The snippets of docs/pipelines-and-alerts.md are taken out of the page, so that what people copy is what is tried.
 */

const page = readFileSync(resolve(import.meta.dirname, '../../docs/pipelines-and-alerts.md'), 'utf8');

function yamlAfter(heading: string): unknown {
  const section = page.slice(page.indexOf(heading));
  const found = /```yaml\n([\s\S]*?)```/.exec(section)?.[1];
  if (found === undefined) throw new Error(`no yaml after ${heading}`);
  return parse(found);
}

const githubSchema = z.array(z.object({ shell: z.literal('bash'), run: z.string() }));
const gitlabSchema = z.object({
  'judge-release': z.object({
    script: z.array(z.string()),
    allow_failure: z.object({ exit_codes: z.number() }),
  }),
});

/** The shell part of the step for GitHub Actions. */
export const githubScript = (): string => githubSchema.parse(yamlAfter('### GitHub Actions'))[0]?.run ?? '';

const gitlabJob = () => gitlabSchema.parse(yamlAfter('### GitLab CI'))['judge-release'];

/** The shell part of the job for GitLab CI. */
export const gitlabScript = (): string => gitlabJob().script.join('\n');

/** The exit code that the job lets pass as a warning. */
export const gitlabWarning = (): number => gitlabJob().allow_failure.exit_codes;
