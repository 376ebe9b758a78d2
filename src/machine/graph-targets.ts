import type { Runbook } from '../runbook/model.ts';
import type { Step } from '../runbook/model/step.ts';

/** What a `goto` names, and where a phase leads when it is over. */
export interface Targets {
  /** `step` is null where the target is a phase with nothing in it and nothing after it. */
  find(
    target: string,
    from: string,
  ):
    | { readonly ok: true; readonly step: string | null }
    | { readonly ok: false; readonly why: 'missing' | 'inside' };
  /** The first step after a phase's last one; null where the path falls off the end. */
  afterPhase(index: number): string | null;
}

/**
 * Resolves targets as the machine does: a step before a `use` id before a phase. The inside of a `parallel`, of an
 * `each` and of a fragment can be entered from the same inside only; a fragment's first step is its door.
 */
export function targetsOf(runbook: Runbook): Targets {
  const inside = new Map<string, readonly string[]>();
  const origins = new Map<string, Step>();
  const place = (steps: readonly Step[], around: readonly string[]): void => {
    for (const step of steps) {
      inside.set(step.id, around);
      origins.set(step.id, step);
      if (step.kind === 'parallel' || step.kind === 'each') place(step.steps, [...around, step.id]);
    }
  };
  for (const phase of runbook.phases) place(phase.steps, []);

  const fragments = new Map<string, string[]>();
  for (const [use, ids] of Object.entries(runbook.groups)) {
    for (const id of ids) fragments.set(id, [...(fragments.get(id) ?? []), use]);
  }
  const phases = new Map(runbook.phases.map((phase, index) => [phase.id, index]));

  const following = followingPhases(runbook);
  const firstOf = (index: number): string | null =>
    runbook.phases[index]?.steps[0]?.id ?? following[index] ?? null;

  const mayEnter = (step: string, from: string): boolean => {
    const here = inside.get(from) ?? [];
    const there = inside.get(step) ?? [];
    const own = fragments.get(from) ?? [];
    // a branch of a fragment leads back into the steps of its own file
    const branchOf = (use: string): boolean =>
      origins.get(from)?.at.file === origins.get(step)?.at.file &&
      origins.get(from)?.phase.startsWith(`${use}_`) === true;
    return (
      there.every((container, depth) => here[depth] === container) &&
      (fragments.get(step) ?? []).every(
        (use) => branchOf(use) || own.includes(use) || runbook.groups[use]?.[0] === step,
      )
    );
  };

  return {
    find(target, from) {
      const group = Object.hasOwn(runbook.groups, target) ? runbook.groups[target]?.[0] : undefined;
      const phase = phases.get(target);
      if (inside.has(target))
        return mayEnter(target, from) ? { ok: true, step: target } : { ok: false, why: 'inside' };
      if (group !== undefined && inside.has(group)) {
        return mayEnter(group, from) ? { ok: true, step: group } : { ok: false, why: 'inside' };
      }
      return phase === undefined ? { ok: false, why: 'missing' } : { ok: true, step: firstOf(phase) };
    },
    afterPhase: (index) => following[index] ?? null,
  };
}

/** For each phase the first step that follows it: an on-path phase goes on to the next one that has steps. */
function followingPhases(runbook: Runbook): readonly (string | null)[] {
  const following: (string | null)[] = [];
  let next: string | null = null;
  for (const phase of runbook.phases.toReversed()) {
    following.unshift(phase.offPath ? null : next);
    if (!phase.offPath) next = phase.steps[0]?.id ?? next;
  }
  return following;
}
