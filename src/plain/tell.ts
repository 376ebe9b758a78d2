import { placeKey } from '../machine/place-key.ts';
import type { CurrentStep, ObligationView, SessionView } from '../machine/view.ts';
import { dataLines } from '../report/data-table.ts';
import { comparisonLines } from '../report/comparison-text.ts';
import { smokeLines } from '../report/smoke-text.ts';
import { commandText } from '../report/inert.ts';
import { overrideText } from '../report/standing-text.ts';
import { readingText } from '../report/reading-text.ts';
import { durationText, windowUntilText } from '../report/time.ts';
import type { LiveView } from '../session/client.ts';
import { cardLines, chosenLines } from './card.ts';
import { driftLines, openDrift } from './drift.ts';
import { incidentLine } from './header.ts';
import { messageNews } from './messages.ts';
import { scopeChanges } from './scope.ts';
import { owed, waitsForPerson } from './waiting.ts';

/** What changed from one view to the next, in words, in the order in which a person needs it. */
export function tellChanges(before: SessionView | null, now: SessionView, live: LiveView): readonly string[] {
  const told = [
    ...triggerLines(before, now),
    ...adviceLines(before, now),
    ...windowLines(before, now),
    ...denialLines(before, now),
    ...overrideLines(before, now),
    ...watchLines(before, now),
    ...scopeChanges(before, now),
    ...remarkLines(before, now),
    ...messageNews(before, now),
    ...commandNews(before, now),
    ...incidentNews(before, now),
    ...obligationLines(before, now),
    ...dataNews(before, now),
    ...comparisonNews(before, now),
    ...smokeNews(before, now),
    ...settledLines(before, now),
    ...phaseLines(before, now),
    ...statusLines(before, now),
    ...currentLines(before, now, live),
  ];
  const { last } = now;
  const unheard =
    last !== null && before !== null && (last.at !== before.last?.at || last.text !== before.last.text);
  return told.length === 0 && unheard ? [last.text] : told;
}

type Change = (before: SessionView | null, now: SessionView) => readonly string[];

const heldWays = ({ takesBack = [], session }: SessionView): string =>
  `type unhold to go on, or abort REASON to take it back${takesBack.length === 0 ? '' : `: ${takesBack.join(', ')}`}; where the runbook is wrong, mend it and run in a shell: walkback rebase ${session.id} --reason "…"`;

const comparisonNews: Change = (before, { comparisons = [] }) =>
  comparisons
    .filter(
      ({ at, attempt }) =>
        before?.comparisons?.some((old) => old.at === at && old.attempt === attempt) !== true,
    )
    .flatMap(comparisonLines);

const smokeNews: Change = (before, { smokes = [] }) =>
  smokes
    .filter(
      ({ at, attempt }) => before?.smokes?.some((old) => old.at === at && old.attempt === attempt) !== true,
    )
    .flatMap(smokeLines);

const triggerLines: Change = (before, { triggers }) =>
  triggers
    .filter(({ id, state, since }) => {
      const old = before?.triggers.find((one) => one.id === id);
      return old === undefined ? state !== 'OK' : old.state !== state || old.since !== since;
    })
    .map(({ id, state, detail }) => `trigger ${id}: ${state}${detail === '' ? '' : `, ${detail}`}`);

const adviceLines: Change = (before, { advice, triggers, success = [] }) => [
  ...triggers
    .filter(
      ({ id, blind }) => blind === true && before?.triggers.find((one) => one.id === id)?.blind !== true,
    )
    .map(({ id, detail }) => `trigger ${id} is BLIND: investigate, ${detail}`),
  ...(advice === undefined ||
  (before?.advice?.advice === advice.advice && before.advice.because === advice.because)
    ? []
    : [`the numbers say ${advice.advice.toUpperCase()}: ${advice.because}`]),
  ...success
    .filter((one) => before?.success?.find(({ id }) => id === one.id)?.result !== one.result)
    .map(({ id, result, detail }) => `success ${id}: ${result}, ${detail}`),
];

const windowLines: Change = (before, { window }) =>
  window === null
    ? []
    : before?.window?.state === window.state && before.window.until === window.until
      ? bellLines(before.window, window)
      : [`window ${window.state}${untilText(window)}: ${window.reason}`];

/** What stands in the way, and every word that leads past it: a denial is no dead end. */
const denialLines: Change = (before, { denial, authorityRequest }) =>
  denial === null || before?.denial?.at === denial.at
    ? []
    : [
        `${denial.by} was denied the start of ${denial.phase}: ${denial.blocks.map(({ text }) => text).join(' ')}`,
        `you can type: ${['override REASON', 'escalate', ...(authorityRequest === null ? [] : ['prove NAME'])].join(' | ')} | help`,
      ];

const overrideLines: Change = (before, { overrides }) =>
  overrides
    .filter((used) => before?.overrides.find(({ key }) => key === used.key)?.approvedBy !== used.approvedBy)
    .map((used) => `OVERRIDE ${overrideText(used)}`);

const bellLines = (
  before: NonNullable<SessionView['window']>,
  { state, rung, leftMs }: NonNullable<SessionView['window']>,
): readonly string[] =>
  rung === null || rung === before.rung
    ? []
    : [
        `BELL: window ${state}: ${String(rung)} % of its time left${leftMs === null ? '' : `, ${durationText(leftMs)}`}`,
      ];

const watchLines: Change = (before, { watches }) =>
  watches
    .filter(
      ({ id, breached }) => (before?.watches.find((one) => one.id === id)?.breached ?? false) !== breached,
    )
    .map(
      ({ id, breached, reading }) =>
        `watch ${id}: ${breached ? 'BREACHED' : 'good again'}, ${readingText(reading)}`,
    );

const remarkLines: Change = (before, now) => [
  ...now.notes.slice(before?.notes.length ?? 0).map(({ by, text }) => `note by ${by}: ${text}`),
  ...now.drift.slice(before?.drift.length ?? 0).flatMap(driftLines),
  ...now.decisions
    .slice(before?.decisions.length ?? 0)
    .map(
      ({ step, title, option, reason }) =>
        `decided ${step}: ${title} (${option})${reason === null ? '' : `, because ${reason}`}`,
    ),
];

/** The next person reads the briefing here, and how command is taken. */
const commandNews: Change = (before, { command }) => {
  if (command === undefined) return [];
  const { offer, commander } = command;
  const news = offer !== null && before?.command?.offer?.at !== offer.at;
  return [
    ...(before !== null && (before.command?.commander ?? before.session.operator) !== commander
      ? [`${commander} has command now`]
      : []),
    ...(news
      ? [
          `${offer.by} offers command to ${offer.to}; the briefing:`,
          ...offer.briefing.map((line) => `  ${line}`),
          '  to take it, read back: command STEP OWED (the step at hand by its id, and how many debts are owed)',
        ]
      : []),
  ];
};

const incidentNews: Change = (before, { incident }) =>
  incident === undefined || before?.incident?.at === incident.at ? [] : [incidentLine(incident)];

const obligationLines: Change = (before, { obligations }) =>
  obligations.flatMap((debt) => {
    const old = before?.obligations.find(({ key }) => key === debt.key);
    return old === undefined ? [openedLine(debt)] : changedDebt(old, debt);
  });

const openedLine = ({ key, title, ttlMs, release, state }: ObligationView): string =>
  `debt ${key} ${state}: ${title}${ttlMs === null ? '' : `, at most ${durationText(ttlMs)}`}, way back: ${wayBackText(release)}`;

const wayBackText = (release: readonly string[]): string =>
  release.length === 0 ? 'by hand' : commandText(release);

function changedDebt(old: ObligationView, debt: ObligationView): readonly string[] {
  return [
    ...(debt.overdue && !old.overdue
      ? [`debt ${debt.key} is OVERDUE: ${debt.title}, way back: ${wayBackText(debt.release)}`]
      : []),
    ...(debt.state === old.state
      ? []
      : [
          `debt ${debt.key} ${debt.state}: ${debt.title}${debt.owner === null ? '' : `, owner ${debt.owner}`}${debt.due === null ? '' : `, due ${debt.due}`}`,
        ]),
  ];
}

/** Steps that were under way, or never came to the front, and are over now. */
const settledLines: Change = (before, now) => {
  const old = new Map(before?.phases.flatMap(({ steps }) => steps.map((row) => [row.id, row] as const)));
  return now.phases.flatMap(({ steps }) =>
    steps.flatMap((row) => {
      const was = old.get(row.id);
      const items =
        row.items === null || row.items.done === was?.items?.done
          ? ''
          : `, ${String(row.items.done)} of ${String(row.items.total ?? '?')}`;
      const settled = row.status === 'done' || row.status === 'skipped' || row.status === 'undone';
      if (before === null || (was?.status === row.status && items === '')) return [];
      return settled || items !== ''
        ? [`step ${row.id} ${row.status.replaceAll('_', ' ')}: ${row.title}${items}`]
        : [];
    }),
  );
};

const phaseLines: Change = (before, now) => {
  const changed = now.phases.filter(
    ({ id, status }) => before?.phases.find((one) => one.id === id)?.status !== status,
  );
  return [
    ...changed
      .filter(({ status }) => status === 'done' && before !== null)
      .map(({ title }) => `phase ${title} is over`),
    ...changed
      .filter(({ status }) => status === 'current')
      .map(({ title, steps }) => `phase ${title} begins, ${String(steps.length)} steps`),
  ];
};

/** What keeps the next change from being made, once each time it changes. */
const dataNews: Change = (before, { data }) => {
  if (data === undefined || before?.data?.blocks.length === data.blocks.length) return [];
  if (data.blocks.length === 0) return before === null ? [] : ['data: nothing keeps you from going on'];
  return [...dataLines(data), 'type measure to measure again, or accept REASON'];
};

const statusLines: Change = (before, now) => {
  const { status, held, outcome } = now;
  if (before?.status === status && before.held === held) return [];
  if (status === 'held') return [`session HELD: ${held ?? 'no reason given'}; ${heldWays(now)}`];
  if (status === 'ended' || status === 'closed')
    return [`session ${status}${outcome === null ? '' : `, outcome ${outcome}`}`, ...stillOwed(now)];
  return before === null && status === 'running'
    ? []
    : [status === 'running' ? 'session goes on' : `session ${status}`];
};

/** A session over with debts left is not over for the person: which, and the words for each way to settle them. */
function stillOwed(view: SessionView): readonly string[] {
  const debts = owed(view);
  if (debts.length === 0) return [];
  // an override is settled by a signature only, a message by telling them, a drift by saying what becomes of it
  const ratified = debts.filter(({ id }) => id === 'retro-approval').length;
  const untold = debts.filter(({ key }) => (view.messages ?? []).some(({ debt }) => debt === key)).length;
  const drifted = openDrift(view).length;
  const ways = [
    ...(ratified + untold + drifted < debts.length ? ['release DEBT'] : []),
    ...(ratified > 0 ? ['ratify DEBT NAME'] : []),
    ...(untold > 0 ? ['resend DEBT', 'told DEBT HOW'] : []),
    ...(drifted > 0 ? ['dispose DRIFT codify|revert|accept'] : []),
    'carry DEBT',
    ...(ratified + drifted < debts.length ? ['waive DEBT REASON'] : []),
  ];
  return [`still owed: ${debts.map(({ key }) => key).join(', ')}; type ${ways.join(', ')}, or leave`];
}

function currentLines(before: SessionView | null, now: SessionView, live: LiveView): readonly string[] {
  return now.current.flatMap((step) => {
    const old = before?.current.find(({ attempt }) => attempt === step.attempt);
    if (old !== undefined && !isNews(old, step)) return [];
    return waitsForPerson(step)
      ? cardLines(step, live)
      : [progressLine(step), ...changedReadings(old, step), ...chosenLines(step)];
  });
}

const isNews = (old: CurrentStep, step: CurrentStep): boolean =>
  old.status !== step.status ||
  old.offers.length !== step.offers.length ||
  old.problem?.detail !== step.problem?.detail ||
  old.probe !== step.probe ||
  old.question !== step.question ||
  old.chosen !== step.chosen ||
  old.approval?.digest !== step.approval?.digest ||
  old.approval?.given.length !== step.approval?.given.length ||
  (old.shown === null && step.shown !== null);

const progressLine = ({ place, title, status, shown, problem, retry }: CurrentStep): string => {
  const again =
    retry === undefined
      ? ''
      : `; tried again by itself at ${retry.at.slice(11, 19)} (${String(retry.number)} of ${String(retry.of)})`;
  const command = status === 'performing' && shown?.argv != null ? `, ${commandText(shown.argv)}` : '';
  return `step ${placeKey(place)} ${status.replaceAll('_', ' ')}: ${title}${command}${problem === null ? '' : `, ${problem.detail} (${problem.code})`}${again}`;
};

const changedReadings = (old: CurrentStep | undefined, step: CurrentStep): readonly string[] =>
  old?.readings === step.readings ? [] : step.readings.map((reading) => `  reading: ${readingText(reading)}`);

function untilText(window: NonNullable<SessionView['window']>): string {
  const until = windowUntilText(window);
  return until === null ? '' : ` until ${until}`;
}
