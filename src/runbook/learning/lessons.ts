import { formatDuration } from '../duration.ts';
import type { Runbook } from '../model.ts';
import { allSteps } from '../model.ts';
import {
  addPhase,
  addToBlock,
  addToItem,
  removeStep,
  setStepField,
  setStepRoute,
  setVersion,
  type Edited,
} from './edit-yaml.ts';

/** What a session showed that its runbook does not know yet. */
export type Lesson =
  | {
      /** A step went wrong in a way for which the runbook names no way on. */
      readonly kind: 'branch';
      readonly step: string;
      readonly event: 'timeout' | 'fail' | 'unknown';
    }
  | {
      /** A step ran into its limit, and earlier good endings say what it needs. */
      readonly kind: 'timeout';
      readonly step: string;
      readonly nowMs: number;
      readonly p95Ms: number;
      readonly samples: number;
    }
  | {
      /** A check that nobody ever made. */ readonly kind: 'skipped';
      readonly step: string;
      readonly sessions: number;
    }
  | { readonly kind: 'failure_mode'; readonly step: string; readonly event: 'timeout' | 'fail' | 'unknown' };

/** Half as long again as all but one of twenty need. */
const headroom = 1.5;

/** A limit that people would write: whole seconds, from a minute on tens of them, from ten minutes on minutes. */
export function timeoutFor(p95Ms: number): number {
  const wanted = p95Ms * headroom;
  const unit = wanted < 60_000 ? 1_000 : wanted < 600_000 ? 10_000 : 60_000;
  return Math.max(1_000, Math.ceil(wanted / unit) * unit);
}

const wordOf = { timeout: 'timed_out', fail: 'failed', unknown: 'had_no_answer' } as const;

/** The texts that a lesson may become, the fullest first: the first one that compiles is proposed. */
export function textsFor(
  lesson: Lesson,
  text: string,
  { runbook, session }: { readonly runbook: Runbook; readonly session: string },
): readonly { readonly text: Edited; readonly what: string }[] {
  const { step } = lesson;
  switch (lesson.kind) {
    case 'timeout': {
      const now = formatDuration(lesson.nowMs);
      const then = formatDuration(timeoutFor(lesson.p95Ms));
      const p95 = formatDuration(lesson.p95Ms);
      return [
        {
          text: setStepField(text, step, 'timeout', then),
          what: `${step} has ${then} instead of ${now} (p95 of ${String(lesson.samples)} good endings is ${p95})`,
        },
      ];
    }
    case 'skipped':
      return [
        {
          text: removeStep(text, step),
          what: `${step} is gone: every one of ${String(lesson.sessions)} sessions skipped it`,
        },
      ];
    case 'failure_mode': {
      const id = `${step}_${wordOf[lesson.event]}`;
      const known = (runbook.failureModes ?? []).some((mode) => mode.id === id);
      return [
        {
          text: known
            ? addToItem(text, 'failure_modes', id, 'seen_in', session)
            : addToBlock(text, 'failure_modes', `{ id: ${id}, step: ${step}, seen_in: [${session}] }`),
          what: `${step} ${wordOf[lesson.event].replaceAll('_', ' ')}: a failure mode of this runbook`,
        },
      ];
    }
    case 'branch':
      return branches(lesson, text, { runbook, session });
  }
}

/** A branch with the ways on that people have; those that the graph does not allow are left out one after the other. */
function branches(
  { step, event }: Extract<Lesson, { kind: 'branch' }>,
  text: string,
  { runbook, session }: { readonly runbook: Runbook; readonly session: string },
): readonly { readonly text: Edited; readonly what: string }[] {
  const phase = `${step}_${wordOf[event]}`;
  const words = wordOf[event].replaceAll('_', ' ');
  const title = `${step} ${words}`;
  const again = `{ id: again, title: Try it again, goto: ${step} }`;
  const next = stepAfter(runbook, step);
  const on = next === null ? null : `{ id: go_on, title: Go on without it, goto: ${next} }`;
  const stop = '{ id: stop, title: Stop here, end: aborted }';
  const sets = [
    [again, on, stop],
    [again, on],
    [again, stop],
    [on, stop],
  ].map((set) => set.filter((one) => one !== null));
  return sets
    .filter((set) => set.length > 1)
    .map((options) => {
      const lines = [
        `- id: ${phase}`,
        `  title: ${title}`,
        '  off_path: true # entered only from there',
        '  steps:',
        `    # seen in ${session}: then nobody had said what to do`,
        `    - id: ${phase}_choice`,
        `      decide: ${title}. What now?`,
        '      options:',
        ...options.map((option) => `        - ${option}`),
      ];
      const added = addPhase(text, lines);
      return {
        text: added === null ? null : setStepRoute(added, step, event, phase),
        what: `a branch for when ${title}`,
      };
    });
}

/** The step that comes next where nothing is in the way; null at the end and inside of something. */
function stepAfter({ phases }: Pick<Runbook, 'phases'>, id: string): string | null {
  const path = phases.filter(({ offPath }) => !offPath).flatMap(({ steps }) => steps);
  const at = path.findIndex((step) => step.id === id);
  return at < 0 ? null : (path[at + 1]?.id ?? null);
}

/** The new version with what it changed, and the action items that it resolves. */
export function withVersion(
  text: string,
  runbook: Runbook,
  change: {
    readonly what: readonly string[];
    readonly session: string;
    readonly resolves: readonly string[];
  },
): Edited {
  const version = (runbook.version ?? 0) + 1;
  const raised = setVersion(text, version);
  const resolves = change.resolves.length === 0 ? '' : `, resolves: [${change.resolves.join(', ')}]`;
  const what = JSON.stringify(change.what.join('; '));
  return raised === null
    ? null
    : addToBlock(
        raised,
        'changes',
        `{ version: ${String(version)}, what: ${what}, session: ${change.session}${resolves} }`,
      );
}

/** Steps for which the runbook leaves it to whoever is there what to do. */
export const asksAt = (runbook: Runbook, id: string, event: 'timeout' | 'fail' | 'unknown'): boolean =>
  allSteps(runbook).find((step) => step.id === id)?.on[event].kind === 'ask';
