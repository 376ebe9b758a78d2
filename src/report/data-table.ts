import type { DataView } from '../machine/view.ts';

/** One line of what the data was and is: an invariant, or a table whose rows are counted. */
export interface DataRow {
  readonly name: string;
  readonly before: string;
  readonly now: string;
  readonly change: string;
  readonly verdict: 'good' | 'bad' | 'unknown';
  readonly note: string;
}

/** Before, now and the difference, worst first. */
export function dataTable(data: DataView): readonly DataRow[] {
  const rows = [...data.tables.map(tableRow), ...data.invariants.map(invariantRow)];
  const order = { bad: 0, unknown: 1, good: 2 } as const;
  return rows.toSorted((left, right) => order[left.verdict] - order[right.verdict]);
}

function tableRow({ table, preserve, before, now, delta, detail }: DataView['tables'][number]): DataRow {
  const change = delta === null ? '' : delta > 0 ? `+${String(delta)}` : String(delta);
  return {
    name: `rows of ${table}`,
    before: before === null ? '?' : String(before),
    now: now === null ? '?' : String(now),
    change,
    verdict: delta === null ? 'unknown' : delta < 0 ? 'bad' : 'good',
    note: [preserve ? 'may never shrink' : '', delta === null ? detail : '']
      .filter((one) => one !== '')
      .join('; '),
  };
}

function invariantRow({ id, before, now, brokenBefore, blocks }: DataView['invariants'][number]): DataRow {
  const value = (reading: typeof now): string => reading?.value ?? reading?.code ?? '?';
  const result = now?.result ?? 'unknown';
  return {
    name: id,
    before: value(before),
    now: value(now),
    change: now === null || before === null || before.value === now.value ? '' : 'changed',
    verdict: result === 'pass' ? 'good' : result === 'fail' ? 'bad' : 'unknown',
    note: [
      result === 'pass' ? '' : (now?.detail ?? 'not measured yet'),
      brokenBefore ? 'it did not hold before either' : '',
      blocks ? '' : 'noted only',
    ]
      .filter((one) => one !== '')
      .join('; '),
  };
}

/** The budget in words: what may be lost, and what was. */
export function budgetText({ budget }: DataView): string | null {
  if (budget === null) return null;
  const window =
    budget.windowMs === null ? '' : `, the newest row at most ${String(budget.windowMs / 1000)} s back`;
  const owner = budget.role === null ? '' : `; ${budget.role} agrees to more`;
  return `budget: ${budget.lost === null ? '?' : String(budget.lost)} of ${String(budget.rows)} rows lost${window}${owner}`;
}

/** Everything about the data as plain lines. */
export function dataLines(data: DataView): readonly string[] {
  const budget = budgetText(data);
  return [
    ...dataTable(data).map(
      ({ name, before, now, change, verdict, note }) =>
        `data ${name}: before ${before}, now ${now}${change === '' ? '' : ` (${change})`}, ${verdict}${note === '' ? '' : `; ${note}`}`,
    ),
    ...(budget === null ? [] : [`data ${budget}`]),
    ...(data.measuring === null ? [] : [`data: being measured after ${data.measuring}`]),
    ...data.blocks.map(
      ({ code, detail, role }) =>
        `DATA KEEPS YOU FROM GOING ON (${code}): ${detail}${role === null ? '' : `; ${role} has to agree`}`,
    ),
    ...data.accepted.map(
      ({ by, principal, level, reason, override }) =>
        `data agreed to by ${principal ?? by} (${level})${override ? ' BY OVERRIDE' : ''}: ${reason}`,
    ),
  ];
}
