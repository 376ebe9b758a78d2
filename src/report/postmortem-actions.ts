import { bullets, inline, table } from './markdown.ts';
import { asked, section } from './postmortem-asked.ts';
import { findingsIn, type Finding } from './postmortem-findings.ts';
import { readinessTable } from './postmortem-readiness.ts';
import type { ActionItem } from './postmortem-told.ts';
import type { Material } from './postmortem-material.ts';
import { eventsOf } from './story.ts';
import { between, dateText, durationText } from './time.ts';

/** Times as DORA counts them, what is to change, and what the runbook and its drills are to learn. */
export const learningSections = (material: Material): readonly string[] => [
  readinessSection(material),
  actionSection(material),
  followUpSection(material),
];

/** Findings that no action item answers yet. */
export function draftsIn(material: Pick<Material, 'events' | 'story' | 'items'>): readonly Finding[] {
  const answered = new Set(material.items.map(({ finding }) => finding));
  return findingsIn(material).filter(({ text }) => !answered.has(text));
}

/** E6: the failure starts at the first breaching sample, else where it was detected, else where the session began. */
function readinessSection(material: Material): string {
  const { events, figures, story, drill } = material;
  const triggers = eventsOf(events, 'trigger.changed');
  const breach = triggers.find(({ fact }) => fact.state === 'PENDING' || fact.state === 'FIRED');
  const fired = triggers.find(({ fact }) => fact.state === 'FIRED');
  const from = breach ?? events[0];
  const start = breach === undefined ? 'the session began' : 'the first breach';
  const since = (at: string | undefined): string =>
    at === undefined || from === undefined ? 'not known' : durationText(between(from.at, at));
  const { started, outcome } = story;
  const failed = outcome !== null && outcome !== 'not_needed' && started?.production === true;
  const rows = [
    [
      'failed change',
      started?.mode === 'DRILL' ? 'no: a drill' : failed ? 'yes' : 'no: not in production, or not needed',
    ],
    ['failed deployment recovery time', `${since(figures.recovered?.at)} (from ${start})`],
    ['detect', breach === undefined ? 'not known' : since(fired?.at)],
    ['decide', span(figures.toDecideMs)],
    ['restore', span(figures.toRestoreMs)],
    ['give back', span(figures.toGiveBackMs)],
    ['readiness at release', 'not recorded'],
  ];
  const parts = [
    table(['part', 'value'], rows),
    '**What was there when it was needed:**',
    readinessTable(events, drill),
  ];
  return section('DORA and readiness', parts, asked(material, 'readiness'));
}

const span = (ms: number | null): string => (ms === null ? 'not known' : durationText(ms));

function actionSection(material: Material): string {
  const { items, name } = material;
  const drafts = draftsIn(material);
  const open = items.filter(({ closed }) => closed === null);
  return [
    '## Action items',
    '_Set by people:_',
    table(
      ['item', 'type', 'what', 'owner', 'by', 'how we shall know it worked', 'lasting', 'state'],
      items.map((item) => [
        item.id,
        item.kind,
        item.text,
        item.owner === null ? '?' : name(item.owner),
        item.due ?? '?',
        item.proof ?? '?',
        item.lasting ? 'yes' : 'no',
        stateOf(item),
      ]),
      'None yet.',
    ),
    open.some(({ lasting }) => lasting) || items.some(({ closed }) => closed?.how === 'resolved')
      ? ''
      : '**At least one lasting change is missing.**',
    '_Drafts, derived from the ledger, one for each finding:_',
    table(
      ['draft', 'type', 'finding', 'owner', 'by', 'how we shall know it worked'],
      drafts.map(({ text, kind }, index) => [`draft ${String(index + 1)}`, kind, text, '?', '?', '?']),
      'The ledger suggests none.',
    ),
    asked(material, 'actions'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const stateOf = ({ closed }: ActionItem): string =>
  closed === null ? 'open' : `${closed.how} ${dateText(closed.at)}: ${closed.reason}`;

function followUpSection(material: Material): string {
  const { events, story, learned, session } = material;
  const faults = story.attempts.flatMap((one) =>
    one.doubt !== null
      ? [`${one.place} is in doubt: ${one.doubt.why.replaceAll('_', ' ')}`]
      : one.ended?.ending === 'timed_out' || one.judged === 'unknown'
        ? [`${one.place}: ${one.result}`]
        : [],
  );
  const proposed = learned.flatMap(({ runbook, branch, changes, resolves, voided }) => [
    `Version ${String(runbook.version)} proposed on ${branch}: ${changes.join('; ')}${resolves.length === 0 ? '' : `; resolves ${resolves.join(', ')}`}`,
    ...(voided.length === 0
      ? []
      : [
          `Its practice is void on ${String(voided.length)} ways on, and they need a drill: ${voided.join(', ')}`,
        ]),
  ]);
  return section(
    'Runbook and drill follow-up',
    [
      events.length === 0 || proposed.length > 0
        ? bullets(proposed)
        : inline(
            `No change of the runbook was proposed yet; one is drafted by: walkback learn ${session.id}`,
          ),
      '**Worth a fault in a drill:**',
      bullets([...new Set(faults)], 'Nothing timed out, was in doubt or had no answer.'),
    ],
    asked(material, 'followup'),
  );
}
