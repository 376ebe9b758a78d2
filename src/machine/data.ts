import { rowsLost, rowsLostInAll, timeLost } from './data-loss.ts';
import type { CountedTable, Invariant } from '../runbook/model/data.ts';
import type { Runbook } from '../runbook/model.ts';
import type { Step } from '../runbook/model/step.ts';
import type { Context } from './context.ts';
import type { Book } from './book.ts';
import { mutates } from './may-run.ts';
import type { Accepted, DataBlock, DataState, InvariantState, TableState } from './data-state.ts';

export const tableKey = ({ connection, table }: Pick<CountedTable, 'connection' | 'table'>): string =>
  `${connection}.${table}`;

/** Whether the runbook has anything to measure in the data. */
export const measuresData = ({ invariants, counted }: Runbook): boolean =>
  invariants.length > 0 || (counted ?? []).length > 0;

/** Everything that speaks against changing more, agreed to or not. */
function dataProblems({ runbook }: Book, { data }: Context): readonly DataBlock[] {
  return [
    ...runbook.invariants.flatMap((invariant) => invariantProblem(invariant, data.invariants[invariant.id])),
    ...tableProblems(runbook, data),
  ];
}

/** What stands in the way of the next change: what nobody has agreed to yet. */
export const dataBlocks = (book: Book, context: Context): readonly DataBlock[] =>
  dataProblems(book, context).filter((block) => !isAccepted(block, context.data.accepted));

/** Rows or time that are gone beyond what is allowed, and nobody agreed to it. */
export const lossUnagreed = (book: Book, context: Context): boolean =>
  dataBlocks(book, context).some(({ code }) => isAmount(code));

/** Agreed to as it stands; of lost rows and lost time also what is less than was agreed to. */
function isAccepted({ id, code, value }: DataBlock, accepted: readonly Accepted[]): boolean {
  return accepted.some(({ items }) =>
    items.some(
      (item) =>
        item.id === id &&
        item.code === code &&
        (item.value === value || (isAmount(code) && Number(value) <= Number(item.value))),
    ),
  );
}

const isAmount = (code: DataBlock['code']): boolean =>
  code === 'table_shrunk' || code === 'over_budget' || code === 'time_lost';

/** Whether the data keeps a step from being started: it is being measured, or what was measured is not agreed to. */
export const dataStops = (book: Book, context: Context, step: Step | null): boolean =>
  step !== null && mutates(step) && (context.data.due !== null || dataBlocks(book, context).length > 0);

function invariantProblem(
  { id, check, onFail }: Invariant,
  state: InvariantState | undefined,
): readonly DataBlock[] {
  if (state === undefined || onFail === 'note' || state.now.result === 'pass') return [];
  const { now, before } = state;
  const block = { id: `invariant ${id}`, value: now.value ?? now.code ?? '', role: null };
  const { file, line, column } = check.at;
  if (now.code === 'writes') {
    const detail = `${id} at ${file}:${line}:${column} would write, and the database refused it: ${now.detail}`;
    return [{ ...block, code: 'author_error', detail }];
  }
  if (now.result === 'unknown') {
    return [{ ...block, code: 'not_measured', detail: `${id} could not be measured: ${now.detail}` }];
  }
  // it was like this before anything was changed: no fault of ours
  if (before.result === 'fail' && before.value === now.value) return [];
  return [{ ...block, code: 'invariant_broken', detail: `${id}: ${now.detail}` }];
}

function tableProblems(runbook: Runbook, data: DataState): readonly DataBlock[] {
  const counted = (runbook.counted ?? []).flatMap((table) => {
    const state = data.tables[tableKey(table)];
    return state === undefined ? [] : [{ table, counts: { ...state, rows: state.now }, state }];
  });
  const role = runbook.lossBudget?.role ?? null;
  const unknown = counted
    .filter(({ state }) => state.now === null)
    .map(({ table, state }): DataBlock => {
      const id = `rows ${tableKey(table)}`;
      const detail = `the rows of ${table.table} could not be counted: ${state.detail}`;
      return { id, code: 'not_measured', detail, value: state.code ?? '', role: null };
    });
  const shrunk = counted.flatMap(({ table, counts }): readonly DataBlock[] => {
    const lost = rowsLost(counts);
    if (!table.preserve || lost === null || lost === 0) return [];
    const detail = `${table.table}: -${lost} (${counts.most} before, ${counts.rows} now), and it may never shrink`;
    return [{ id: `rows ${tableKey(table)}`, code: 'table_shrunk', detail, value: String(lost), role }];
  });
  return [...unknown, ...shrunk, ...overBudget(runbook, counted, role)];
}

function overBudget(
  { lossBudget }: Runbook,
  counted: readonly {
    readonly table: CountedTable;
    readonly counts: TableState & { readonly rows: number | null };
  }[],
  role: string | null,
): readonly DataBlock[] {
  if (lossBudget === null || lossBudget === undefined) return [];
  const budgeted = counted.filter(({ table }) => !table.preserve);
  const known = budgeted.filter(({ counts }) => rowsLost(counts) !== null);
  const lost = rowsLostInAll(known.map(({ counts }) => counts)) ?? 0;
  const named = known.flatMap(({ table, counts }) => {
    const rows = rowsLost(counts) ?? 0;
    return rows === 0 ? [] : [`${table.table}: -${rows} (${counts.most} before, ${counts.rows} now)`];
  });
  const { rows, windowMs } = lossBudget;
  const late = budgeted.flatMap(({ table, counts }): readonly DataBlock[] => {
    const ms = timeLost(counts);
    if (windowMs === null || table.newest === null || ms === null || ms <= windowMs) return [];
    const detail = `${table.table}: the newest row is ${Math.round(ms / 1000)} s older than before, ${Math.round(windowMs / 1000)} s are allowed`;
    return [{ id: `time ${tableKey(table)}`, code: 'time_lost', detail, value: String(ms), role }];
  });
  if (lost <= rows) return late;
  const detail = `${named.join(', ')}: ${lost} rows lost, ${rows} allowed`;
  return [{ id: 'rows lost', code: 'over_budget', detail, value: String(lost), role }, ...late];
}
