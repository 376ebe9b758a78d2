import type { SessionView } from '../../machine/view.ts';
import { windowLeftMs } from '../../report/time.ts';
import { owedNow } from '../state/debts.ts';
import type { Seen } from '../state/screen-state.ts';
import type { Look } from '../look.ts';
import { plain } from '../text/plain.ts';
import { fitRow, row, rowWidth, span, spreadRow, type Row, type Span } from '../text/row.ts';
import type { Role } from '../theme.ts';
import { clockText, epochMs, lengthText, timeOfDay } from '../time.ts';

/** Environment and mode: a colour, a word and a border at once. */
function badge(view: SessionView, drives: boolean, look: Look): readonly Span[] {
  const [left, right] = look.glyphs.badge;
  const role: Role = view.session.mode === 'DRILL' ? 'drill' : view.session.production ? 'live' : 'calm';
  const speed = view.session.speed === 1 ? '' : ` ×${view.session.speed}`;
  const words = `${plain(view.session.environment).toUpperCase()} ${view.session.mode}${speed}`.trimStart();
  return [
    span(`${left}${words}${right}`, role),
    ...(drives ? [] : [span(' '), span(`${left}READ-ONLY${right}`, 'readonly')]),
  ];
}

function clock(seen: Seen, look: Look): readonly Span[] {
  const { view } = seen;
  const until = epochMs(view.endedAt) ?? seen.nowMs;
  const elapsed = until - (epochMs(view.session.startedAt) ?? until);
  const objective = view.session.runbook.objectiveMs;
  const late = objective > 0 && elapsed > objective;
  return [
    span(`${look.glyphs.clock} ${clockText(elapsed)}`, late ? 'bad' : 'strong'),
    span(` of ${lengthText(objective)}${late ? ' LATE' : ''}`, late ? 'bad' : undefined),
  ];
}

const hourMs = 3_600_000;

/** The door, with what is left of it. */
function windowPart({ view, nowIso }: Seen): readonly Span[] {
  if (view.window === null) return [];
  const { state, until } = view.window;
  const role: Role | undefined = state === 'closed' ? 'bad' : state === 'extended' ? 'unknown' : undefined;
  const leftMs = windowLeftMs(view, nowIso);
  // a time of day and what is left of it must not be taken for each other
  const left =
    leftMs !== null
      ? `${leftMs < hourMs ? clockText(leftMs) : lengthText(leftMs)} left`
      : until === null
        ? ''
        : timeOfDay(until);
  return [span(`window ${state.toUpperCase()}${left === '' ? '' : ` ${left}`}`, role)];
}

function owedPart(view: SessionView): readonly Span[] {
  const owed = owedNow(view);
  const overdue = owed.some((debt) => debt.overdue);
  return [
    span(
      `owed ${owed.length}${overdue ? ' OVERDUE' : ''}`,
      overdue ? 'bad' : owed.length > 0 ? 'unknown' : undefined,
    ),
  ];
}

/** What could not be read is never shown as if it were known. */
function incidentPart({ incident }: SessionView): readonly Span[] {
  if (incident === undefined) return [];
  const words = [incident.id ?? 'incident', incident.severity, incident.state ?? 'unknown'];
  const text = words.filter((word) => word !== null).map(plain);
  const old = incident.result === 'pass' ? '' : ' ?';
  return [span(`${text.join(' ')}${old}`, incident.result === 'pass' ? undefined : 'unknown'), span('   ')];
}

function commandPart({ command }: SessionView): readonly Span[] {
  if (command === undefined) return [];
  const offer = command.offer === null ? '' : `, offered to ${plain(command.offer.to)}`;
  return [
    span(`command ${plain(command.commander)}${offer}`, offer === '' ? undefined : 'unknown'),
    span('   '),
  ];
}

const statusWords: Partial<Record<SessionView['status'], string>> = {
  held: 'PAUSED',
  aborting: 'ABORTING',
  ended: 'ENDED',
  closed: 'CLOSED',
};

/** One row where it fits, else two: what and where it is never makes room for anything else. */
export function headerRows(seen: Seen, look: Look): readonly Row[] {
  const { view, columns } = seen;
  const state = statusWords[view.status];
  const gap = span('   ');
  const flags: readonly Span[] = [
    ...(state === undefined ? [] : [span(' '), span(state, 'unknown')]),
    ...(seen.live.recording.ok ? [] : [span(' '), span('NOT RECORDING', 'danger')]),
    ...(seen.live.watchers > 0 ? [span(` +${seen.live.watchers} watching`, 'dim')] : []),
  ];
  const left = [...badge(view, seen.drives, look), ...flags];
  const right = [
    ...incidentPart(view),
    ...commandPart(view),
    ...clock(seen, look),
    gap,
    ...windowPart(seen),
    ...(view.window === null ? [] : [gap]),
    ...owedPart(view),
    span(' '),
  ];
  const title = ` ${plain(view.session.runbook.service)} ${look.glyphs.dot} ${plain(view.session.runbook.title)}`;
  const oneRow = columns >= 100 && title.length > 0;
  const room = columns - rowWidth(left) - rowWidth(right) - 6;
  if (oneRow && room >= 24) {
    const name = fitRow(row(span(title, 'title')), Math.min(room, rowWidth(row(span(title)))));
    return [spreadRow([...name, gap, ...left], right, columns)];
  }
  const name = fitRow(row(span(title, 'title')), Math.max(8, columns - rowWidth(left) - 2));
  return [fitRow([...name, span(' '), ...left], columns), fitRow([span(' '), ...right], columns)];
}
