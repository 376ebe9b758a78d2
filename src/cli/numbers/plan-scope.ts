import { dirname, resolve } from 'node:path';
import { systemClock } from '../../actions/clock.ts';
import { OperatorError } from '../../errors.ts';
import { decideScope } from '../../judge/scope.ts';
import type { ScopeDecision } from '../../judge/scope-model.ts';
import { alignedTable, type Column } from '../../report/columns.ts';
import { edgeCells, edgeHeads, redEdges, scopeCells, scopeHeads } from '../../report/postmortem-scope.ts';
import type { Json } from '../../runbook/model/values.ts';
import type { Runbook } from '../../runbook/model.ts';
import { fillTemplate } from '../../runbook/template.ts';
import type { Fill } from '../../session/ports.ts';
import type { Lives } from '../../session/scope.ts';
import { scopeInput, versionOf } from '../../session/scope.ts';
import { measurerHere } from '../measurer.ts';
import type { Surroundings } from '../surroundings.ts';

export interface PlannedScope extends ScopeDecision {
  /** `read`: by the probes, now; `assumed`: nothing was executed, the versions that the release is said to have brought. */
  readonly live: 'read' | 'assumed';
}

/**
 * What would go back together. Without `read` nothing is executed: what runs is taken from what the runbook and its
 * manifest say, and where they say nothing it is asked. Null for a runbook without components.
 */
export async function planScope(
  around: Surroundings,
  runbook: Runbook,
  file: string,
  values: Readonly<Record<string, Json>>,
  read: boolean,
): Promise<PlannedScope | null> {
  if ((runbook.components ?? []).length === 0) return null;
  const nowMs = systemClock().now().ms;
  const { parts } = scopeInput(runbook, {}, values, [], nowMs);
  const assumed: Lives = Object.fromEntries(
    parts.flatMap(({ id, from }) =>
      typeof from === 'string' || typeof from === 'number' ? [[id, { ok: true, value: from }]] : [],
    ),
  );
  const live = read ? await readLive(around, runbook, file, values) : assumed;
  return { ...decideScope(scopeInput(runbook, live, values, [], nowMs)), live: read ? 'read' : 'assumed' };
}

async function readLive(
  around: Surroundings,
  runbook: Runbook,
  file: string,
  values: Readonly<Record<string, Json>>,
): Promise<Lives> {
  const fill: Fill = (template) => {
    const filled = fillTemplate(template, values);
    if (filled.ok) return filled.value;
    throw new OperatorError(filled.detail, ['Give the value it needs: --input NAME=VALUE']);
  };
  const measurer = measurerHere(around, runbook, { cwd: dirname(resolve(file)) });
  try {
    const entries = await Promise.all(
      (runbook.components ?? []).map(async ({ id, live }) => {
        try {
          return [id, versionOf(await measurer.measure(live, fill, new AbortController().signal))] as const;
        } catch (error) {
          if (!(error instanceof OperatorError)) throw error;
          return [id, { ok: false, code: 'unset', detail: error.message }] as const;
        }
      }),
    );
    return Object.fromEntries(entries);
  } finally {
    await measurer.close();
  }
}

/** The same table as in the exports, as plain text. */
export function scopeText(scope: PlannedScope, { isTerminal, columns }: Surroundings): string {
  // into a file nothing is cut
  const width = isTerminal ? Math.max(80, columns) : 10_000;
  const heading =
    scope.live === 'read'
      ? 'What goes back together, by what runs now'
      : 'What goes back together, if what runs is what the release is said to have brought (--live reads it)';
  const order = scope.order.map((unit) => unit.join(' + ')).join(', then ');
  return [
    `\n${heading}\n`,
    alignedTable(scopeCells(scope), columnsOf(scopeHeads), width),
    `order of the way back: ${order === '' ? 'nothing goes back' : order}\n`,
    ...(scope.edges.length === 0 ? [] : [alignedTable(edgeCells(scope), columnsOf(edgeHeads), width)]),
    ...redEdges(scope).map((text) => `RED ${text}\n`),
    ...scope.findings.map(({ detail }) => `finding: ${detail}\n`),
  ].join('');
}

const columnsOf = (heads: readonly string[]): readonly Column<readonly string[]>[] =>
  heads.map((title, index) => ({
    title,
    value: (cells) => cells[index] ?? '',
    shrinks: title === 'rule' || title === 'because',
  }));
