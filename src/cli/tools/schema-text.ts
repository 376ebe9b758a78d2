import type { DownResult } from '../../tools/schema/down.ts';
import type { SchemaPlan } from '../../tools/schema/plan.ts';
import { inertLine } from '../inert-line.ts';

/** A way on from a schema that is between two releases, and what it loses. */
export interface WayOn {
  readonly way: 'resume' | 'forward' | 'restore';
  readonly title: string;
  readonly loses: string;
}

const taken = (list: readonly string[], none: string): string => (list.length === 0 ? none : list.join('; '));

/** What can be done where a downgrade stopped: only the database's own state counts, not how it came about. */
export function waysOn(result: DownResult): readonly WayOn[] {
  const { code, at, to, done, left, leftTakes, doneTook } = result;
  if (code === 'done') return [];
  const noScript = code === 'missing_revert' || code === 'empty_revert' || code === 'noop_revert';
  return [
    ...(noScript
      ? []
      : [
          {
            way: 'resume' as const,
            title: `mend the cause, plan again, and run the same command: ${left.join(', ')} ${left.length === 1 ? 'is' : 'are'} left to ${to}`,
            loses: taken(leftTakes, 'nothing that its statements name'),
          },
        ]),
    {
      way: 'forward',
      title:
        done.length === 0
          ? `stay at ${at}, and mend the release`
          : `deploy ${done.toReversed().join(', ')} again`,
      loses: taken(doneTook, done.length === 0 ? 'nothing' : 'nothing that the statements name'),
    },
    {
      way: 'restore',
      title: 'put the dump back that was taken before',
      loses: 'everything written since that dump',
    },
  ];
}

/** @param drilled when each script was last taken back in a drill, by its hash; null where nobody can tell */
export function planText(
  database: string,
  plan: SchemaPlan,
  drilled: ReadonlyMap<string, string> | null,
): string {
  const practised = (hash: string | null): string => {
    if (drilled === null) return 'drills not known';
    const at = drilled.get(hash ?? '');
    return at === undefined ? 'never drilled here' : `last drilled ${at.slice(0, 10)}`;
  };
  const lines = plan.reverts.map((revert, index) => {
    const verify = revert.hasVerify ? '' : ', nothing verifies it';
    const kind = `${revert.class}${revert.transactional ? '' : ', non-transactional'}${verify}, ${practised(revert.sha256)}`;
    return [
      `${index + 1}. ${revert.name}  ${kind}  ${revert.sha256 ?? 'no script'}`,
      ...revert.why.map((why) => `     ${why}`),
      ...(revert.refused === null ? [] : [`     ✘ ${revert.refused.code}: ${revert.refused.text}`]),
    ];
  });
  return block([
    `${database}: from ${plan.from} to ${plan.to}, ${plan.reverts.length} to take back, newest first`,
    ...lines.flat(),
    ...(plan.refused === null
      ? [`plan ${plan.hash}`]
      : [`refused: ${plan.refused.code}: ${plan.refused.text}`]),
  ]);
}

export function downText(result: DownResult): string {
  if (result.code === 'done')
    return block([
      `done: the schema went from ${result.from} to ${result.at}`,
      ...result.done.map((name) => `  took ${name} back`),
    ]);
  // the ways first: a screen that keeps the last lines keeps why it stopped, and where the schema is
  return block([
    ...waysOn(result).map(({ way, title, loses }) => `→ ${way}: ${title}. Loses: ${loses}`),
    ...(result.why ?? '').split('\n').map((line) => `  ${line}`),
    `${result.code}: the schema is at ${result.at} (from ${result.from}, meant to go to ${result.to})`,
  ]);
}

const block = (lines: readonly string[]): string => `${lines.map(inertLine).join('\n')}\n`;
