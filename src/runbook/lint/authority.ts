import { type Problem, problem } from '../problem.ts';
import { child } from '../node.ts';
import type { Book } from './places.ts';

/** An override is approved afterwards by somebody else, who has to be able to prove who they are. */
export function lintAuthority({ runbook, root }: Book): readonly Problem[] {
  const proves = runbook.roles.some(({ signers }) => signers !== null);
  if ((runbook.override ?? null) === null || proves) return [];
  return [
    problem(
      'WB635',
      child(root, 'override').at,
      'No role lists `signers`: nobody could sign the approval of an override.',
    ),
  ];
}
