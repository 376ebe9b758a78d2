import type { PhaseView, SessionView, StepRow } from '../../machine/view.ts';
import { statusRole, statusWord } from '../glyphs.ts';
import type { Look } from '../look.ts';
import { plain } from '../text/plain.ts';
import { fitRow, row, span, spreadRow, type Row } from '../text/row.ts';
import type { Role } from '../theme.ts';
import { clockText, epochMs } from '../time.ts';

/** Steps shown around the current one while the plan shares the screen. */
const around = 7;

const phaseSign = (phase: PhaseView, look: Look): readonly [string, Role | undefined] => {
  if (phase.status === 'done') return [look.glyphs.pass, 'good'];
  if (phase.status === 'current') return [look.glyphs.status.ready, 'running'];
  return [look.glyphs.status.todo, 'dim'];
};

const isOpen = ({ status }: StepRow): boolean =>
  status !== 'todo' && status !== 'done' && status !== 'skipped' && status !== 'undone';

function rightOf(step: StepRow, nowMs: number, look: Look): string {
  if (step.items !== null) return `${step.items.done}/${step.items.total ?? look.glyphs.unknown}`;
  const from = epochMs(step.startedAt);
  if (from === null) return '';
  if (isOpen(step)) return clockText(nowMs - from);
  const to = epochMs(step.endedAt);
  return to === null || to - from < 1000 ? '' : clockText(to - from);
}

function stepLine(step: StepRow, nowMs: number, look: Look, columns: number, words: boolean): Row {
  const inset = ' '.repeat(3 + 2 * Math.min(step.depth, 3));
  const role = statusRole[step.status];
  const noWayBack = step.ponr && step.status !== 'done' ? [span(` ${look.glyphs.noWayBack}`, 'bad')] : [];
  const open = isOpen(step);
  const left = [
    span(inset),
    span(`${look.glyphs.status[step.status]} `, role),
    span(plain(step.title), open ? 'strong' : step.status === 'todo' ? 'dim' : undefined),
    ...noWayBack,
  ];
  const word = words && step.status !== 'todo' ? `  ${statusWord[step.status]}` : '';
  const trouble = step.status === 'failed' || step.status === 'unknown' || step.status === 'in_doubt';
  const right =
    trouble && !words
      ? [span(statusWord[step.status], role)]
      : [span(rightOf(step, nowMs, look), 'dim'), span(word, role)];
  return spreadRow(left, right, columns);
}

/** A window of steps around the open one; what is left out is counted. */
function someSteps(steps: readonly StepRow[]): {
  readonly steps: readonly StepRow[];
  readonly before: number;
  readonly after: number;
} {
  if (steps.length <= around) return { steps, before: 0, after: 0 };
  const open = steps.findIndex(isOpen);
  const next = open === -1 ? steps.findIndex(({ status }) => status === 'todo') : open;
  const from = Math.max(0, Math.min(steps.length - around, (next === -1 ? steps.length : next) - 3));
  return { steps: steps.slice(from, from + around), before: from, after: steps.length - around - from };
}

const onTheWay = (phase: PhaseView): boolean => !phase.offPath || phase.status !== 'todo';

/**
 * The phases, and the steps of the current one. Zoomed it is the whole plan, with the line behind which there is no way
 * back.
 */
export function planRows(
  view: SessionView,
  nowMs: number,
  look: Look,
  columns: number,
  whole: boolean,
): readonly Row[] {
  const rows: Row[] = [];
  let lineDrawn = false;
  const phases = whole ? view.phases : view.phases.filter(onTheWay);
  for (const phase of phases) {
    const [sign, role] = phaseSign(phase, look);
    const off = phase.offPath ? '  off the path' : '';
    const count = `${phase.steps.filter(({ status }) => status === 'done' || status === 'skipped').length}/${phase.steps.length}`;
    rows.push(
      spreadRow(
        row(
          span(' '),
          span(`${sign} `, role),
          span(
            plain(phase.title),
            phase.status === 'current' ? 'strong' : role === 'dim' ? 'dim' : undefined,
          ),
          span(off, 'dim'),
        ),
        row(span(phase.status === 'current' || whole ? count : '', 'dim')),
        columns,
      ),
    );
    if (!whole && phase.status !== 'current') continue;
    const part = whole ? { steps: phase.steps, before: 0, after: 0 } : someSteps(phase.steps);
    if (part.before > 0) rows.push(row(span(`   ${look.glyphs.up} ${part.before} before`, 'dim')));
    for (const step of part.steps) {
      if (whole && step.ponr && !lineDrawn) {
        lineDrawn = true;
        const text = ` ${look.glyphs.rule.repeat(2)} ${look.glyphs.noWayBack} no way back from here `;
        rows.push(
          fitRow(
            row(span(text + look.glyphs.rule.repeat(Math.max(0, columns - text.length)), 'bad')),
            columns,
          ),
        );
      }
      rows.push(stepLine(step, nowMs, look, columns, whole));
    }
    if (part.after > 0) rows.push(row(span(`   ${look.glyphs.down} ${part.after} after`, 'dim')));
  }
  return rows;
}

/** The row of the open step in `planRows`, to keep it in sight. */
export function openRowAt(view: SessionView, whole: boolean): number {
  let at = 0;
  for (const phase of whole ? view.phases : view.phases.filter(onTheWay)) {
    at += 1;
    if (!whole && phase.status !== 'current') continue;
    const open = phase.steps.findIndex(isOpen);
    if (open !== -1) return at + open;
    at += phase.steps.length;
  }
  return 0;
}
