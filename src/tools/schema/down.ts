import type { Attempts } from './attempts.ts';
import { isRestOf, planDown } from './plan.ts';
import type { Adapter, Change, Outcome, Refusal, Revert, Trouble } from './model.ts';

export interface DownQuestion {
  readonly adapter: Adapter;
  readonly attempts: Attempts;
  readonly to: string;
  /** The plan that was agreed to; null where nobody asks for it. */
  readonly agreed: string | null;
  readonly verify: boolean;
  /** How often a revert that could not get its lock is tried. */
  readonly tries: number;
  /** Is told of everything as it happens. */
  readonly tell: (text: string) => void;
}

/** Where the schema is now, by the database's own word, and what became of the way. */
export interface DownResult {
  readonly from: string;
  readonly to: string;
  readonly at: string;
  readonly done: readonly string[];
  readonly left: readonly string[];
  readonly code: 'done' | Refusal | Trouble;
  readonly why: string | null;
  /** What the reverts that are left would take, and what those that were run have taken. */
  readonly leftTakes: readonly string[];
  readonly doneTook: readonly string[];
}

/**
 * Takes a schema back, one change at a time, newest first; reads the version before and after each. Called again it goes on
 * from where the database is, also after it was killed.
 */
export async function schemaDown(question: DownQuestion): Promise<DownResult> {
  const { adapter, attempts, to, tell } = question;
  const first = await adapter.state();
  const done: Revert[] = [];
  const ended = async (code: DownResult['code'], why: string | null, left: readonly Revert[]): Promise<DownResult> => ({
    from: first.version,
    to,
    at: (await adapter.state()).version,
    done: done.map(({ name }) => name),
    left: left.map(({ name }) => name),
    code,
    why,
    leftTakes: left.flatMap(({ why }) => why),
    doneTook: done.flatMap(({ why }) => why),
  });

  const recovered = await recover(question);
  if (!recovered.ok) return ended(recovered.code, recovered.text, []);
  const plan = await planDown(adapter, to);
  if (plan.refused !== null) return ended(plan.refused.code, plan.refused.text, plan.reverts);
  if (question.agreed !== null && question.agreed !== plan.hash) {
    const agreed = await attempts.plan(question.agreed);
    if (agreed === null || !isRestOf(agreed, plan.reverts))
      return ended('plan_changed', 'What would run now is not what was agreed to.', plan.reverts);
  }
  await attempts.keepPlan(plan.hash, plan.reverts);
  let verifiedId: string | null = null;
  for (const [index, revert] of plan.reverts.entries()) {
    const below = plan.reverts[index + 1] ?? plan.target;
    const outcome = await takeBack(question, revert, below, revert.id === verifiedId);
    const left = plan.reverts.slice(outcome.ok ? index + 1 : index);
    if (!outcome.ok) return ended(outcome.code, outcome.text, left);
    done.push(revert);
    tell(`reverted ${revert.name} (${revert.sha256 ?? 'no script'}): the schema is at ${below?.name ?? 'nothing'}`);
    if (!question.verify || below === null) continue;
    const verified = await adapter.verify(below);
    if (verified?.holds === true) verifiedId = below.id;
    if (verified?.holds === false)
      return ended('verify_failed', `${below.name} does not verify after ${revert.name} was taken back: ${verified.text}`, left);
  }
  return ended('done', null, []);
}

/** @param known whether the change was verified a moment ago */
async function takeBack(
  question: DownQuestion,
  revert: Revert,
  below: Change | null,
  known: boolean,
): Promise<Outcome> {
  const { adapter, attempts, tell } = question;
  const apart = !adapter.recordsWithScript(revert);
  // what verified before and does not afterwards was taken back: that is how a killed run is understood later
  const before = known ? { holds: true, text: '' } : apart ? await adapter.verify(revert) : null;
  if (before?.holds === false)
    return {
      ok: false,
      code: 'verify_failed',
      text: `${revert.name} does not verify before its revert: it is not as it was deployed. ${before.text}`,
    };
  for (let nth = 1; ; nth += 1) {
    if (apart) await attempts.begin(revert, before?.holds === true);
    const outcome = await adapter.revert(revert, below);
    if (outcome.ok) {
      const { version } = await adapter.state();
      await attempts.end(revert.id);
      return version === (below?.name ?? 'nothing')
        ? outcome
        : { ok: false, code: 'not_reverted', text: `After the revert of ${revert.name} the schema is at ${version}.` };
    }
    if (!revert.transactional)
      return { ok: false, code: 'half_done', text: `${outcome.text}\nA part of ${revert.name} may be taken back: it does not run in one transaction.` };
    await attempts.end(revert.id); // one transaction that failed: nothing of it is there
    if (outcome.code !== 'lock_timeout' || nth >= question.tries) return outcome;
    tell(`${revert.name} did not get its lock (${nth} of ${question.tries}): tried again`);
  }
}

/** Understands what a killed run left behind, and mends its record where that is certain. */
async function recover({ adapter, attempts, tell }: DownQuestion): Promise<Outcome> {
  const left = await attempts.left();
  if (left.length === 0) return { ok: true };
  if (await adapter.busy())
    return { ok: false, code: 'busy', text: 'A revert that was begun before is still at work: wait for it to end.' };
  const { deployed } = await adapter.state();
  for (const attempt of left) {
    const at = deployed.findIndex(({ id }) => id === attempt.id);
    const change = deployed[at];
    if (change !== undefined) {
      const verified = await adapter.verify(change);
      const notDone = verified?.holds === true && attempt.transactional;
      const allDone = verified?.holds === false && attempt.transactional && attempt.verified;
      if (!notDone && !allDone)
        return {
          ok: false,
          code: 'half_done',
          text: `The revert of ${change.name} was begun and did not end; whether it was done, no verify script tells. ${verified?.text ?? ''}`.trim(),
        };
      if (allDone) {
        const recorded = await adapter.recordReverted(change, deployed[at - 1] ?? null);
        if (!recorded.ok) return recorded;
        tell(`${change.name} was taken back before the run was killed: its record is mended`);
      } else tell(`the revert of ${change.name} was begun and left no trace: it is run again`);
    }
    await attempts.end(attempt.id);
  }
  return { ok: true };
}
