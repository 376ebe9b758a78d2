import { resolve } from 'node:path';
import { exitCode } from '../../errors.ts';
import { inertLine } from '../inert-line.ts';
import { json } from '../options.ts';
import type { ToolKit } from './tool-kit.ts';

interface HeadFlags {
  readonly repo: string;
  readonly ref: string;
  readonly remote?: string;
  readonly json?: true;
}

/** `walkback pipeline …`: what a hold of the deploy pipeline needs to know and cannot ask with a one-liner. */
export function addPipelineCommands({ around, command, examples, done }: ToolKit): void {
  const pipeline = command(
    'pipeline',
    'questions about the deploy pipeline, for runbooks and for people',
    'pipeline head-contains 4f2a91c --remote origin',
  );
  pipeline
    .command('head-contains <bad>')
    .description('would the next deploy bring it? 0 yes · 3 no · 30 nobody can tell')
    .option('--repo <folder>', 'the clone, or a bare repository', '.')
    .option('--ref <name>', 'what the next deploy takes: a branch, or the pinned tag or commit', 'main')
    .option('--remote <name>', 'read the branch there (a name or an address); its objects are fetched')
    .addOption(json())
    .addHelpText(
      'after',
      `
<bad> is a commit, or a whole release: v1.9.3..v2.0.0
It looks at the content, not at the history: after a git revert the bad commit is still in the history, and the next
deploy is good all the same.
${examples('pipeline head-contains 4f2a91c --remote origin', 'pipeline head-contains v1.9.3..v2.0.0 --repo ~/src/shop')}`,
    )
    .action(async (bad: string, flags: HeadFlags) => {
      const { headContains, short } = await import('../../tools/pipeline/head-contains.ts');
      const { repo, ref, remote = null } = flags;
      const found = await headContains({
        repository: resolve(around.cwd, repo),
        bad,
        ref,
        remote,
        env: around.env,
      });
      const says = { contains: 'still contains', free: 'does not contain', unknown: 'may contain' } as const;
      around.write(
        flags.json === true
          ? `${JSON.stringify(found)}\n`
          : `${inertLine(ref)} (${short(found.head)}) ${says[found.answer]} ${inertLine(bad)}: ${inertLine(found.why)}\n`,
      );
      done({ contains: exitCode.done, free: exitCode.failed, unknown: exitCode.unknown }[found.answer]);
    });
}
