import type { IncidentView, SessionView } from '../machine/view.ts';
import type { LiveView } from '../session/client.ts';
import { between, clockText, durationText, windowLeftMs, windowUntilText } from '../report/time.ts';
import { evidenceText, observationText } from '../report/evidence-text.ts';
import { commandText } from '../report/inert.ts';
import { measuredText, readingText } from '../report/reading-text.ts';
import { overrideText } from '../report/standing-text.ts';
import { owed } from './waiting.ts';

/** What the header of the full screen never hides, in one line. */
export function headerLine(view: SessionView, nowIso: string): string {
  const { session, window } = view;
  const took = durationText(between(session.startedAt, view.endedAt ?? nowIso));
  return [
    `${session.runbook.service}: ${session.runbook.title}`,
    `${session.environment}${session.production ? ' PRODUCTION' : ''} ${session.mode}`,
    `${took} of ${durationText(session.runbook.objectiveMs)}`,
    ...(session.speed === 1 ? [] : [`sandbox clock x${String(session.speed)}`]),
    ...(window === null ? [] : [`window ${windowText(view, nowIso)}`]),
    ...(view.incident === undefined ? [] : [incidentLine(view.incident)]),
    ...(view.command === undefined ? [] : [`command ${view.command.commander}`]),
    `owed ${String(owed(view).length)}`,
    ...(view.status === 'running'
      ? []
      : [view.held === null ? view.status.toUpperCase() : `HELD: ${view.held}`]),
  ].join(' | ');
}

/** `OPEN, 18 min left`; without a time left, the time until when. */
function windowText(view: SessionView, nowIso: string): string {
  const { window } = view;
  if (window === null) return '';
  const leftMs = windowLeftMs(view, nowIso);
  const until = windowUntilText(window);
  const left = leftMs !== null ? `, ${durationText(leftMs)} left` : until === null ? '' : ` until ${until}`;
  return `${window.state.toUpperCase()}${left}`;
}

/** The incident as it was last told; what could not be read is never said as if it were known. */
export const incidentLine = ({ id, severity, state, commander, result, detail }: IncidentView): string =>
  [
    `incident ${id ?? '?'}`,
    ...(severity === null ? [] : [severity]),
    state ?? 'state unknown',
    ...(commander === null ? [] : [`commander ${commander}`]),
    ...(result === 'pass' ? [] : [`(last reading failed: ${detail})`]),
  ].join(' ');

/** Everything that the full screen shows beside the current step. */
export function statusLines(view: SessionView, live: LiveView, nowIso: string): readonly string[] {
  const leftMs = (until: string): number => between(nowIso, until);
  const beside = [evidenceText(view, leftMs), observationText(view, leftMs)];
  return [
    headerLine(view, nowIso),
    `session ${view.session.id}, started by ${view.session.operator} at ${clockText(view.session.startedAt)}, review ${view.session.review.replaceAll('_', ' ')}`,
    `status ${view.status}${view.outcome === null ? '' : `, outcome ${view.outcome}`}${view.held === null ? '' : `, held: ${view.held}`}`,
    ...live.gauges.map(({ id, value, unit, code, state, threshold, op, setBy, blind, pending }) =>
      [
        `gauge ${id}: ${value === null ? `unknown (${code ?? 'no data'})` : measuredText(String(value), unit)}`,
        ...(threshold === null
          ? []
          : [`limit ${op === undefined ? '' : `${op} `}${measuredText(String(threshold), unit)}`]),
        ...(setBy == null ? [] : [`set by ${setBy}`]),
        ...(state === null
          ? []
          : [state === 'UNKNOWN' && value !== null ? `UNKNOWN (${code ?? 'no data'})` : state]),
        ...(blind === true ? ['BLIND: investigate'] : []),
        ...(pending === null
          ? []
          : [`breached for ${durationText(pending.forMs)} of ${durationText(pending.ofMs)}`]),
      ].join(', '),
    ),
    ...(view.window === null
      ? []
      : [`window ${windowText(view, nowIso)}: ${view.window.reason}${closedText(view)}`]),
    ...(view.calendar === null
      ? []
      : [
          `calendar ${view.calendar.state.toUpperCase()}: ${view.calendar.text}${live.waiting == null ? '' : `, ${live.waiting}`}`,
        ]),
    ...view.overrides.map((used) => `OVERRIDE ${overrideText(used)}`),
    ...view.clockJumps.map(
      ({ at, byMs }) => `the wall clock jumped by ${String(Math.round(byMs / 1000))} s at ${clockText(at)}`,
    ),
    ...(view.advice === undefined
      ? []
      : [`the numbers say ${view.advice.advice.toUpperCase()}: ${view.advice.because}`]),
    ...(view.success ?? []).map(({ id, result, detail }) => `success ${id}: ${result}, ${detail}`),
    ...(live.budgets ?? []).map(({ id, target, periodMs, sla, code, detail }) => {
      const objective = `${measuredText(String(target), 'ratio')} in ${durationText(periodMs)}`;
      const promise = sla === null ? '' : `, promised ${measuredText(String(sla.target), 'ratio')}`;
      return `budget ${id} (${objective}${promise}): ${code === null ? detail : `unknown (${code}): ${detail}`}`;
    }),
    ...(live.eta == null
      ? []
      : [
          `eta ${live.eta.unknown === live.eta.steps ? 'not known' : `${live.eta.unknown > 0 ? 'at least ' : ''}${durationText(live.eta.ms)}`}` +
            (live.eta.leftMs === null ? '' : `, customers put up with ${durationText(live.eta.leftMs)} more`),
        ]),
    ...view.triggers.map(
      ({ id, state, detail, since }) =>
        `trigger ${id}: ${state} since ${clockText(since)}${detail === '' ? '' : `, ${detail}`}`,
    ),
    ...view.watches.map(
      ({ id, breached, reading }) =>
        `watch ${id}: ${breached ? 'BREACHED' : 'good'}, ${readingText(reading)}`,
    ),
    ...beside.filter((text) => text !== null),
    ...owedLines(view, nowIso),
    ...(live.recording.ok
      ? []
      : [`NOT RECORDING: ${live.recording.detail ?? 'the ledger refuses'}; nothing new starts`]),
    ...(live.watchers === 0 ? [] : [`${String(live.watchers)} other terminals watch`]),
  ];
}

const closedText = ({ window }: SessionView): string =>
  window?.state === 'closed' ? '; the default is now to roll forward' : '';

export function owedLines(view: SessionView, nowIso: string): readonly string[] {
  const debts = owed(view);
  if (debts.length === 0) return ['owed: nothing'];
  return debts.map(
    ({ key, title, openedAt, ttlMs, overdue, release }) =>
      `owed ${key}: ${title}, open for ${durationText(between(openedAt, nowIso))}${ttlMs === null ? '' : ` of ${durationText(ttlMs)}`}${overdue ? ' OVERDUE' : ''}, way back: ${view.drift.some((one) => one.key === key) ? `dispose ${key} codify, revert or accept; drifts shows it` : release.length === 0 ? 'by hand' : commandText(release)}`,
  );
}

/** The plan with where it stands: every phase and step, and where there is no way back. */
export function planLines({ phases }: SessionView): readonly string[] {
  return phases.flatMap(({ title, offPath, status, steps }) => [
    `phase ${title}: ${status}${offPath ? ' (off the main path)' : ''}`,
    ...steps.map(
      ({ id, title: name, status: state, items, depth, ponr }) =>
        `${'  '.repeat(depth + 1)}${state.replaceAll('_', ' ')}: ${name} (${id})${items === null ? '' : ` ${String(items.done)} of ${items.total === null ? '?' : String(items.total)}`}${ponr ? ' [NO WAY BACK after this]' : ''}`,
    ),
  ]);
}
