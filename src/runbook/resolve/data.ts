import type { CountedTable, LossBudget } from '../model/data.ts';
import { type Node, child, keyAt } from '../node.ts';
import type { RunbookDoc } from '../schema.ts';
import type { CountedTableDoc } from '../schema/data.ts';
import { type Context, known, optionalMs, say } from './context.ts';

/** What must be left of the data: the budget for lost rows, and the tables whose rows are counted. */

export function lossBudgetOf(
  context: Context,
  doc: RunbookDoc['loss_budget'],
  node: Node,
): LossBudget | null {
  if (doc === undefined) return null;
  if (doc.role !== undefined)
    known(context, 'WB305', 'role', doc.role, context.roles, child(node, 'role').at);
  const windowMs = optionalMs(context, node, 'window', null);
  const dated = doc.tables.some((table) => typeof table !== 'string' && table.newest !== undefined);
  if (windowMs !== null && !dated)
    say(context, 'WB851', keyAt(node, 'window'), 'No table of the budget says how new its rows are.');
  return { rows: doc.rows, windowMs, role: doc.role ?? null, at: node.at };
}

/** The tables of `loss_budget` and `preserve`, a table of both once: it is counted, and it may never shrink. */
export function countedOf(
  context: Context,
  doc: Pick<RunbookDoc, 'loss_budget' | 'preserve'>,
  root: Node,
): readonly CountedTable[] {
  const budget = tablesAt(
    context,
    doc.loss_budget?.tables ?? [],
    child(child(root, 'loss_budget'), 'tables'),
    false,
  );
  const kept = tablesAt(context, doc.preserve ?? [], child(root, 'preserve'), true);
  const same = (left: CountedTable, right: CountedTable): boolean =>
    left.connection === right.connection && left.table === right.table;
  return [
    ...budget.map((table) => ({ ...table, preserve: kept.some((other) => same(table, other)) })),
    ...kept.filter((table) => !budget.some((other) => same(table, other))),
  ];
}

function tablesAt(
  context: Context,
  docs: readonly CountedTableDoc[],
  node: Node,
  preserve: boolean,
): readonly CountedTable[] {
  const seen = new Set<string>();
  return docs.flatMap((doc, index): readonly CountedTable[] => {
    const at = child(node, index);
    const { table, sql, newest = null } = typeof doc === 'string' ? { table: doc, sql: undefined } : doc;
    const connection = connectionOf(context, sql, at);
    if (connection === null) return [];
    const key = `${connection} ${table}`;
    if (seen.has(key)) {
      say(context, 'WB102', at.at, `\`${table}\` stands here twice.`, 'Remove one of the two.');
      return [];
    }
    seen.add(key);
    return [{ connection, table, newest, preserve, at: at.at }];
  });
}

/** The connection that is named, or the only one there is. */
function connectionOf(context: Context, name: string | undefined, node: Node): string | null {
  const names = [...context.connections];
  if (name !== undefined) {
    const at = child(node, 'sql').at;
    return known(context, 'WB307', 'connection', name, names, at) ? name : null;
  }
  const [only] = names;
  if (names.length === 1 && only !== undefined) return only;
  say(
    context,
    'WB852',
    node.at,
    names.length === 0
      ? 'Rows are counted through a connection, and the runbook has none.'
      : `There are several connections (${names.join(', ')}), and this table does not say which is meant.`,
  );
  return null;
}
