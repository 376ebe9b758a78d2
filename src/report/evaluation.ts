import type { FactOf } from '../machine/facts.ts';
import type { TriggerRead } from '../machine/facts/outside.ts';
import { figureText } from '../judge/figure-text.ts';
import { alignedTable } from './columns.ts';
import { inertJson, visibleLine } from './inert.ts';
import { durationText } from './time.ts';

/** An evaluation as it is told: the fact, the record it stands in, and the exit code it leads to. */
export interface EvaluationShown {
  readonly record: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly exit: number;
  readonly made: FactOf<'evaluation.made'>;
}

const evaluationSchemaId = 'walkback.evaluation/1';

const verdicts: Readonly<Record<FactOf<'evaluation.made'>['advice'], string>> = {
  healthy: 'HEALTHY',
  investigate: 'INVESTIGATE',
  rollback: 'ROLL BACK',
  unknown: 'UNKNOWN',
};

const valueText = ({ value, unit }: TriggerRead): string =>
  value === null ? 'no value' : figureText(String(value), unit);

const samplesText = ({ samples, due }: TriggerRead): string => `${String(samples)} of ${String(due)}`;

/** `errors FIRED 8.1 %: …` */
export const triggerLine = (read: TriggerRead): string =>
  visibleLine(
    `${read.id} ${read.state}${read.code === null ? '' : ` (${read.code})`} ${valueText(read)}: ${read.why}`,
  );

const successLine = ({ id, result, code, why }: FactOf<'evaluation.made'>['success'][number]): string =>
  `${visibleLine(`success ${id}: ${result}${code === null ? '' : ` (${code})`} ${why}`)}\n`;

/** The verdict first, then every trigger with what it rests on. */
export function evaluationText({ record, at, exit, made }: EvaluationShown, width: number): string {
  const { advice, because, runbook, environment, release, released, waited, triggers, success } = made;
  const where = environment === '' ? '' : ` on ${environment}`;
  const what = release === null ? '' : `, release ${release}`;
  const lines = [
    `${verdicts[advice]} (exit ${String(exit)}): ${because}`,
    `${runbook.title} (${runbook.id})${where}${what}, ${at.slice(0, 19)} UTC${waited === null ? '' : `, after waiting ${durationText(waited.ms)} (${waited.for})`}`,
    ...(released === undefined ? [] : [`released ${released.at.slice(0, 19)} UTC: ${released.source}`]),
  ];
  return [
    ...lines.map((line) => `${visibleLine(line)}\n`),
    '\n',
    alignedTable(
      triggers,
      [
        { title: 'trigger', value: ({ id }) => id },
        { title: 'state', value: ({ state, code }) => (code === null ? state : `${state} ${code}`) },
        { title: 'value', value: valueText, align: 'right' },
        { title: 'limit', value: ({ breach, forMs }) => `${breach} for ${durationText(forMs)}` },
        { title: 'samples', value: samplesText, align: 'right' },
        {
          title: 'events',
          value: ({ events, minEvents }) =>
            `${events === null ? '-' : String(Math.round(events))}${minEvents === null ? '' : ` (≥ ${String(minEvents)})`}`,
          align: 'right',
        },
        { title: 'advises', value: ({ advise }) => advise },
        { title: 'why', value: ({ why }) => why, shrinks: true },
      ],
      width,
    ),
    ...(success.length === 0 ? [] : ['\n', ...success.map(successLine)]),
    `\nrecorded as ${record}; nothing was changed\n`,
  ].join('');
}

/** Stable: fields are only ever added. */
export function evaluationJson({ record, at, exit, made }: EvaluationShown): string {
  const { advice, because, runbook, environment, release, inputs, released, waited, triggers, success } =
    made;
  return `${inertJson(
    {
      schema: evaluationSchemaId,
      verdict: advice,
      exit,
      because,
      at,
      record,
      runbook: { id: runbook.id, title: runbook.title, service: runbook.service, hash: runbook.hash },
      environment,
      release,
      inputs,
      ...(released === undefined ? {} : { released }),
      waited,
      triggers,
      success,
    },
    2,
  )}\n`;
}
