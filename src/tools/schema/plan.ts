import { createHash } from 'node:crypto';
import type { PlannedRevert } from './attempts.ts';
import { classify } from './classify.ts';
import { refusing, type Adapter, type Change, type Refusal, type Revert } from './model.ts';

export interface SchemaPlan {
  readonly from: string;
  readonly to: string;
  readonly reverts: readonly Revert[];
  readonly target: Change | null;
  /** Over the target and every script in its order: what somebody agreed to. */
  readonly hash: string;
  /** The first thing that speaks against it; null where nothing does. */
  readonly refused: { readonly code: Refusal; readonly text: string } | null;
}

/** What would be taken back to reach `to`, newest first; runs nothing. */
export async function planDown(adapter: Adapter, to: string): Promise<SchemaPlan> {
  const { version } = await adapter.state();
  const above = await adapter.above(to);
  if (!above.ok)
    return { from: version, to, reverts: [], target: null, hash: '', refused: refusing(above.code, above.text) };
  const { reverts, target } = above;
  return {
    from: version,
    to,
    reverts,
    target,
    hash: sha256(JSON.stringify([target?.id ?? null, ...reverts.map((one) => [one.id, one.sha256])])),
    refused: reverts.find(({ refused }) => refused !== null)?.refused ?? null,
  };
}

/** Whether what is left to do is the rest of a plan that was agreed to: the same scripts in the same order. */
export function isRestOf(agreed: readonly PlannedRevert[], reverts: readonly PlannedRevert[]): boolean {
  const rest = agreed.slice(agreed.length - reverts.length);
  return (
    reverts.length <= agreed.length &&
    reverts.every((one, index) => one.id === rest[index]?.id && one.sha256 === rest[index].sha256)
  );
}

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** A change with the script that takes it back, and what is to be said of that. */
export function revertOf(
  change: Change,
  found: {
    readonly script: string | null;
    readonly hasVerify: boolean;
    readonly autocommit: boolean;
    /** What speaks against it besides the script itself. */
    readonly refused?: Revert['refused'];
  },
): Revert {
  const { script, hasVerify } = found;
  const classified = classify(script ?? '', found);
  const refused =
    found.refused ??
    (script === null
      ? refusing('missing_revert', `${change.name} has no script that takes it back.`)
      : classified.empty
        ? refusing('empty_revert', `The script that takes ${change.name} back is empty.`)
        : classified.class === 'nothing'
          ? refusing('noop_revert', `The script that takes ${change.name} back changes nothing.`)
          : null);
  return { ...change, ...classified, script, sha256: script === null ? null : sha256(script), hasVerify, refused };
}
