import { eventsOf } from './story.ts';
import { inline, table } from './markdown.ts';
import { asked, section } from './postmortem-asked.ts';
import type { Material } from './postmortem-material.ts';
import { dateText, durationText } from './time.ts';

const longFor = (ms: number | null): string => (ms === null ? 'not reached' : durationText(ms));
const when = (at: string | null): string => (at === null ? 'not yet' : `${dateText(at)} UTC`);

/** How the runbook was reviewed, and what says so. */
function reviewText(started: Material['story']['started'], name: Material['name']): string {
  const said = started?.review.replaceAll('_', ' ') ?? 'unknown';
  if (started?.reviewed === undefined) return said;
  const { how, by, commit } = started.reviewed;
  const proof =
    how === 'signature' ? 'by signature' : `by the trailer \`Reviewed-by\`, at commit ${commit ?? '?'}`;
  return `${said}: ${by.map(name).join(', ')} ${proof}`;
}

/** What the document is about, and whether its source can be trusted. */
export function headerSection(material: Material): string {
  const { story, verified, program, name, events, chain } = material;
  const { started } = story;
  const drill = started?.mode === 'DRILL';
  const inputs = Object.entries(started?.inputs ?? {}).map(([id, value]) => `${id} = ${value}`);
  const rows: readonly (readonly [string, string])[] = [
    ...overrideRows(events, name),
    ['Session', story.id],
    [
      'Status',
      story.closedAt === null
        ? story.outcome === null
          ? 'goes on: this is a draft'
          : 'ended, not closed'
        : 'closed',
    ],
    ['Outcome', story.outcome?.replaceAll('_', ' ') ?? 'none yet'],
    ['Runbook', started === null ? 'unknown' : `${started.runbook.id} (${started.runbook.file})`],
    ['Runbook hash', started?.runbook.hash ?? 'unknown'],
    ...(started?.runbook.template === undefined ? [] : ([['Template', started.runbook.template]] as const)),
    ...(started?.overlays ?? (started?.overlay === undefined ? [] : [started.overlay])).map(
      ({ id, hash }) => ['Overlay', `${id} ${hash}`] as const,
    ),
    [
      'Environment',
      started === null ? 'unknown' : `${started.environment}${started.production ? ' (production)' : ''}`,
    ],
    ['Mode', started?.mode ?? 'unknown'],
    ['Review', reviewText(started, name)],
    ...(started?.reason == null ? [] : ([['Reason at start', started.reason]] as const)),
    ['Inputs', inputs.join(', ') || 'none'],
    ...(started !== null && started.speed !== 1
      ? ([['Clock', `the sandbox's clock ran ×${String(started.speed)}`]] as const)
      : []),
    ['Started by', started === null ? 'unknown' : name(started.by)],
    ['Recorded with', started?.program ?? 'unknown'],
    ['Written with', program],
    ['Events', String(chain.events)],
    [
      'Hash chain',
      verified.ok
        ? 'verified, unbroken'
        : `BROKEN${verified.brokenAt === null ? '' : ` at event ${String(verified.brokenAt)}`}: do not trust what follows it`,
    ],
    ['Last event hash', chain.head ?? 'none'],
    ...(drill ? [] : ([['Duty', dutyText(events)]] as const)),
  ];
  return [
    `# ${drill ? 'DRILL: ' : ''}Post-mortem: ${inline(started?.runbook.title ?? story.id)}`,
    drill
      ? 'This was a drill. Nobody was affected.'
      : 'Blameless: people are named by their role, and nobody chose to fail.',
    '_Derived from the ledger:_',
    table(['', ''], rows),
    asked(material, 'header'),
  ].join('\n\n');
}

/** What was started over rule, calendar or numbers stands first, with who approved it. */
function overrideRows(
  events: Material['events'],
  name: Material['name'],
): readonly (readonly [string, string])[] {
  const approved = eventsOf(events, 'override.approved');
  return eventsOf(events, 'override.used').map(({ at, fact }) => {
    const by = approved.find((one) => one.fact.key === fact.key);
    const shows = fact.evidence.map(({ kind, text }) => `${kind.replaceAll('_', ' ')}: ${text}`).join(', ');
    const approval =
      by !== undefined
        ? `approved by ${name(by.fact.by)} (${by.fact.level}) at ${when(by.at)}`
        : fact.due === null
          ? 'no approval is owed'
          : `NOT APPROVED, due ${when(fact.due)}`;
    return [
      `OVERRIDE (${fact.key})`,
      [
        `${name(fact.by)} at ${when(at)} over ${fact.over.join(', ')}: ${fact.reason}`,
        ...fact.because,
        ...(shows === '' ? [] : [`evidence: ${shows}`]),
        ...(fact.second === null ? [] : [`second person ${name(fact.second)}`]),
        approval,
      ].join('; '),
    ];
  });
}

/** The date by which the document is owed, where the session carried one. */
function dutyText(events: Material['events']): string {
  const carried = eventsOf(events, 'obligation.discharged').filter(
    ({ fact }) => fact.how === 'carried' && /post-?mortem/i.test(fact.key),
  );
  const due = carried.at(-1)?.fact.due ?? null;
  return due === null ? 'no due date recorded' : `due ${due}`;
}

/** The figures, each with the moments it is counted between. */
export function summarySection(material: Material): string {
  const { story, figures } = material;
  const { debts } = figures;
  const rows: readonly (readonly [string, string, string])[] = [
    ['Started', when(story.startedAt), ''],
    ['Ended', when(story.endedAt), ''],
    [
      'Duration',
      longFor(figures.durationMs),
      story.endedAt === null ? 'so far' : 'from the first event to the end',
    ],
    [
      'Time to decide',
      longFor(figures.toDecideMs),
      figures.zero === null ? '' : `from ${figures.zero.what} at ${when(figures.zero.at)}`,
    ],
    [
      'Time to restore',
      longFor(figures.toRestoreMs),
      figures.recovered === null
        ? 'no proof of recovery after a decision'
        : `from the decision to ${figures.recovered.what}`,
    ],
    ['Time to give back', longFor(figures.toGiveBackMs), 'from the decision to the last debt closed'],
    [
      'Objective',
      story.started === null ? 'unknown' : durationText(story.started.runbook.objectiveMs),
      objectiveText(figures.toRestoreMs, story.started?.runbook.objectiveMs),
    ],
    ['Verdict', figures.verdict ?? 'no comparison was made', 'last comparison with the baseline'],
    ['Outcome', story.outcome?.replaceAll('_', ' ') ?? 'none yet', ''],
    ['Steps', String(figures.steps), `${String(figures.attempts)} attempts`],
    ['Retries', String(figures.retries), 'attempts after the first'],
    ['Timeouts', String(figures.timeouts), ''],
    ['In doubt', String(figures.inDoubt), 'attempts whose effect was unknown for a time'],
    ['Unknown readings', String(figures.unknowns), 'checks and guards without an answer'],
    ['Skipped', String(figures.skipped), ''],
    ['Overrides', String(figures.overrides), 'skips by override, and starts without review'],
    ['Refused', String(figures.refused), 'things asked for that were not allowed'],
    [
      'Debts',
      `${String(debts.opened)} opened, ${String(debts.closed)} closed, ${String(debts.open)} open`,
      `${String(debts.overdue)} past their limit`,
    ],
  ];
  return section(
    'Summary',
    [table(['figure', 'value', 'how it is counted'], rows)],
    asked(material, 'summary'),
  );
}

function objectiveText(took: number | null, objective: number | undefined): string {
  if (took === null || objective === undefined) return 'time to restore that was agreed';
  return took <= objective ? 'met' : `missed by ${durationText(took - objective)}`;
}
