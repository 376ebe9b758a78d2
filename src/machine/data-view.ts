import { rowsLost, rowsLostInAll } from './data-loss.ts';
import type { Context } from './context.ts';
import type { Book } from './book.ts';
import type { TableState } from './data-state.ts';
import { dataBlocks, tableKey } from './data.ts';
import type { DataView } from './view.ts';

/** The data as every front end shows it: before, now, and what is gone. */
export function dataView(book: Book, context: Context): DataView {
  const { data } = context;
  const { invariants, lossBudget = null, counted = [] } = book.runbook;
  const states = counted.map((table) => ({ table, state: data.tables[tableKey(table)] }));
  const budgeted = states.flatMap(({ table, state }) =>
    table.preserve || state === undefined ? [] : [{ ...state, rows: state.now }],
  );
  return {
    invariants: invariants.map(({ id, onFail }) => {
      const state = data.invariants[id];
      const before = state?.before ?? null;
      const now = state?.now ?? null;
      const brokenBefore = before?.result === 'fail' && now?.result === 'fail' && before.value === now.value;
      return { id, blocks: onFail === 'block', before, now, brokenBefore };
    }),
    tables: states.map(({ table, state }) => ({
      table: table.table,
      preserve: table.preserve,
      before: state?.before ?? null,
      now: state?.now ?? null,
      delta: state === undefined ? null : deltaOf(state),
      detail: state?.detail ?? 'not counted yet',
    })),
    budget:
      lossBudget === null
        ? null
        : {
            rows: lossBudget.rows,
            lost: rowsLostInAll(budgeted),
            windowMs: lossBudget.windowMs,
            role: lossBudget.role,
          },
    measuring: data.due?.step ?? null,
    blocks: dataBlocks(book, context),
    request: signedRequest(book, context),
    accepted: data.accepted,
  };
}

/** Lost rows first: what customers added since does not make up for them. */
function deltaOf(state: TableState): number | null {
  const lost = rowsLost({ ...state, rows: state.now });
  if (lost === null || state.now === null) return null;
  return lost > 0 ? -lost : state.now - (state.before ?? state.now);
}

/** The text that the owner of the data signs; null where nobody has to. */
function signedRequest(book: Book, context: Context): string | null {
  const role = dataBlocks(book, context).find((block) => block.role !== null)?.role ?? null;
  const signers = book.runbook.roles.find(({ id }) => id === role)?.signers ?? null;
  return signers === null ? null : dataRequest(book, context);
}

/** Exactly what is agreed to, in which session, as it stands now: one line each, so that it can be read. */
export function dataRequest(book: Book, context: Context): string {
  const { started, session } = context;
  const lines = [
    'walkback data request 1',
    `session: ${session}`,
    `runbook: ${started?.runbook.id ?? ''} ${started?.runbook.hash ?? ''}`,
    `target: ${started?.runbook.service ?? ''}@${started?.environment ?? ''}`,
    `requested by: ${started?.by ?? ''}`,
    ...dataBlocks(book, context).map(
      ({ code, detail }) => `agrees: ${code}: ${detail.replaceAll('\n', ' ')}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
