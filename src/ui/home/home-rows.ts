import { keymap, keyName } from '../keymap.ts';
import { titledRule } from '../kit/dialog.ts';
import type { RowsFrame, ScreenSize } from '../kit/frame.ts';
import { centredTop, scrollView } from '../kit/scroll-view.ts';
import { tableRows } from '../kit/table.ts';
import { textFieldRow } from '../kit/text-field.ts';
import type { Look } from '../look.ts';
import { commandLine } from '../text/argv.ts';
import { plain } from '../text/plain.ts';
import { emptyRow, fitRow, recolor, row, rowText, rowWidth, span, spreadRow, type Row } from '../text/row.ts';
import { lengthText, since } from '../time.ts';
import { homeEntries, neverPractised, type HomeData, type HomeEntry } from './home-data.ts';
import { dismissRows, proposalLine, proposalRows } from './home-proposal.ts';
import { homeFinds, homeHints, runbookMenu, type HomeState } from './home-state.ts';

export interface HomeSeen extends ScreenSize {
  readonly nowMs: number;
  readonly user: string;
  /** The card of a proposal has just opened: keys do nothing for a moment. */
  readonly swallowing?: boolean;
  /** Why the lists are not of now, or null. */
  readonly trouble?: string | null;
}

const sections: Readonly<Record<HomeEntry['kind'], string>> = {
  proposal: 'proposed',
  session: 'open sessions',
  obligation: 'owed',
  runbook: 'runbooks',
};

function sessionCells({ session }: Extract<HomeEntry, { kind: 'session' }>, nowMs: number): readonly Row[] {
  return [
    row(span(`${plain(session.service)}: ${plain(session.title)}`, 'strong')),
    row(
      span(
        `${plain(session.environment).toUpperCase()} ${session.mode}`,
        session.mode === 'LIVE' ? 'bad' : undefined,
      ),
    ),
    row(span(plain(session.status))),
    row(
      span(
        `${lengthText(since(session.startedAt, nowMs))} ago, owes ${session.owed}`,
        session.owed > 0 ? 'unknown' : 'dim',
      ),
    ),
  ];
}

function obligationCells(
  { obligation }: Extract<HomeEntry, { kind: 'obligation' }>,
  nowMs: number,
): readonly Row[] {
  const due = obligation.due === null ? '' : `due ${obligation.due.slice(0, 10)}`;
  return [
    row(span(plain(obligation.title), 'strong')),
    row(
      span(`for ${lengthText(since(obligation.openedAt, nowMs))}`),
      span(obligation.overdue ? ' OVERDUE' : '', 'bad'),
    ),
    row(
      span(plain(obligation.owner ?? 'no owner'), obligation.owner === null ? 'unknown' : undefined),
      span(due === '' ? '' : `, ${due}`),
    ),
    row(
      span(
        obligation.release.length === 0 ? 'by hand' : `$ ${plain(commandLine(obligation.release))}`,
        'dim',
      ),
    ),
  ];
}

/** A runbook by the name a person would type: the file without its folder and ending. */
const shortName = (id: string): string => (id.split('/').at(-1) ?? id).replace(/\.ya?ml$/, '');

function runbookCells({ runbook }: Extract<HomeEntry, { kind: 'runbook' }>, nowMs: number): readonly Row[] {
  // what was never practised was never drilled either: said once, so that the title has room
  const isNew = runbook.lastDrill === null && runbook.readiness === neverPractised;
  const drilled =
    runbook.lastDrill === null
      ? span(isNew ? neverPractised : 'never drilled', 'unknown')
      : span(`drilled ${lengthText(since(runbook.lastDrill, nowMs))} ago`);
  const readiness = isNew ? '' : (runbook.readiness ?? 'readiness not known');
  return [
    row(span(plain(shortName(runbook.id)), 'key'), span('  '), span(plain(runbook.title), 'strong')),
    row(span(plain(runbook.maturity))),
    row(drilled),
    row(span(plain(readiness), runbook.readiness === null ? 'dim' : undefined)),
  ];
}

const cellsOf = (entry: Exclude<HomeEntry, { kind: 'proposal' }>, nowMs: number): readonly Row[] =>
  entry.kind === 'session'
    ? sessionCells(entry, nowMs)
    : entry.kind === 'obligation'
      ? obligationCells(entry, nowMs)
      : runbookCells(entry, nowMs);

/** The columns after the first take what they need, up to a share; the first takes what they leave. */
function columnLimits(cells: readonly (readonly Row[])[], width: number): readonly number[] {
  const widest = (at: number): number => Math.max(0, ...cells.map((line) => rowWidth(line[at] ?? [])));
  const share = Math.floor(width * 0.2);
  const [second, third, last] = [
    Math.min(share, widest(1)),
    Math.min(share + 4, widest(2)),
    Math.min(share + 4, widest(3)),
  ];
  return [Math.max(16, width - second - third - last - 6), second, third, width];
}

/** Rows of one section; proposals say more than columns hold. */
function linesOf(entries: readonly HomeEntry[], nowMs: number, width: number): readonly Row[] {
  const lines = entries.flatMap((entry) =>
    entry.kind === 'proposal' ? [fitRow(proposalLine(entry.proposal, nowMs, width), width)] : [],
  );
  const cells = entries.flatMap((entry) => (entry.kind === 'proposal' ? [] : [cellsOf(entry, nowMs)]));
  return [...lines, ...tableRows(cells, columnLimits(cells, width), width)];
}

function listRows(
  data: HomeData,
  state: HomeState,
  seen: HomeSeen,
  look: Look,
): { readonly rows: readonly Row[]; readonly chosenAt: number } {
  const entries = homeEntries(data);
  const width = seen.columns - 3;
  const rows: Row[] = [];
  let chosenAt = 0;
  for (const kind of ['proposal', 'session', 'obligation', 'runbook'] as const) {
    const own = entries.flatMap((entry, at) => (entry.kind === kind ? [{ entry, at }] : []));
    if (own.length === 0 && kind !== 'runbook') continue;
    rows.push(fitRow(row(span(` ${sections[kind]}`, 'title')), seen.columns));
    const lines = linesOf(
      own.map(({ entry }) => entry),
      seen.nowMs,
      width,
    );
    for (const [index, line] of lines.entries()) {
      const chosen = own[index]?.at === state.selected;
      if (chosen) chosenAt = rows.length;
      const sign = ` ${chosen ? look.glyphs.pointer : ' '} `;
      rows.push(chosen ? [span(sign, 'focus'), ...recolor(line, 'selected')] : [span(sign), ...line]);
    }
    if (own.length === 0) rows.push(row(span('   none found: walkback new makes one', 'dim')));
    rows.push(emptyRow);
  }
  return { rows, chosenAt };
}

function overlayRows(
  data: HomeData,
  state: HomeState,
  seen: HomeSeen,
  look: Look,
  height: number,
): { readonly rows: readonly Row[]; readonly cursorAt: number | null } {
  const { mode } = state;
  const { columns } = seen;
  switch (mode.kind) {
    case 'menu':
      return {
        rows: [
          titledRule(plain(mode.title), '', columns, look.glyphs.rule, 'focus'),
          ...runbookMenu.map((text, at) =>
            row(
              span(
                `  ${at === mode.selected ? look.glyphs.pointer : ' '} ${text}`,
                at === mode.selected ? 'selected' : undefined,
              ),
            ),
          ),
        ],
        cursorAt: null,
      };
    case 'proposal': {
      const proposal = data.proposals.find(({ id }) => id === mode.id);
      return proposal === undefined
        ? { rows: [], cursorAt: null }
        : proposalRows(proposal, mode, { ...seen, columns }, look);
    }
    case 'dismiss':
      return dismissRows(mode, columns, look);
    case 'help': {
      const cells = keymap
        .filter(({ contexts }) => contexts.includes('home'))
        .map(({ keys, label }) => [row(span(`  ${keys.map(keyName).join(' ')}`, 'key')), row(label)]);
      return {
        rows: [
          titledRule('all keys', 'any key goes back', columns, look.glyphs.rule, 'focus'),
          ...tableRows(cells, [16, columns], columns),
        ],
        cursorAt: null,
      };
    }
    case 'palette': {
      const drawn = textFieldRow(mode.query, Math.max(8, columns - 12), 'type to search');
      const lines = homeFinds(data, mode.query.value).map(({ title }, at) =>
        row(
          span(` ${at === mode.selected ? look.glyphs.pointer : ' '} `),
          span(plain(title), at === mode.selected ? 'selected' : undefined),
        ),
      );
      const shown = scrollView(
        lines,
        Math.max(1, height - 2),
        columns,
        centredTop(mode.selected, lines.length, height - 2),
        look.glyphs,
      );
      return {
        rows: [
          titledRule('what to do', 'Enter opens · Esc back', columns, look.glyphs.rule, 'focus'),
          row(span(' search ', 'dim'), ...drawn.row),
          ...shown.rows,
        ],
        cursorAt: 8 + drawn.cursorAt,
      };
    }
    case 'list':
      return { rows: [], cursorAt: null };
  }
}

function hintRow(data: HomeData, state: HomeState, columns: number): Row {
  if (state.mode.kind !== 'list')
    return fitRow(row(span(' Enter', 'key'), ' open   ', span('Esc', 'key'), ' back'), columns);
  let spans: Row = [span(' ')];
  for (const { keys, label } of homeHints(data, state)) {
    const next = [
      ...spans,
      ...(spans.length === 1 ? [] : [span('   ')]),
      span(keyName(keys[0]), 'key'),
      span(` ${label}`),
    ];
    if (rowWidth(next) > columns) break;
    spans = next;
  }
  return fitRow(spans, columns);
}

/** The home screen as rows of the whole width, and the column of the cursor in the third row while something is searched. */
export function homeFrame(data: HomeData, state: HomeState, seen: HomeSeen, look: Look): RowsFrame {
  const { columns } = seen;
  const height = seen.rows - 1;
  const owed = data.obligations.length;
  const counts = row(
    ...(data.proposals.length === 0 ? [] : [span(`proposed ${data.proposals.length}   `, 'bad')]),
    span(`${data.sessions.length} open   `),
    span(`owed ${owed}`, owed > 0 ? 'unknown' : undefined),
    span(`   ${plain(seen.user)} `, 'dim'),
  );
  // old counts are no counts
  const right = seen.trouble == null ? counts : row(span(`${plain(seen.trouble)} `, 'unknown'));
  const head = spreadRow(row(span(' walkback', 'title')), right, columns);
  const rule = titledRule('', '', columns, look.glyphs.rule);
  const body = height - 4;
  const overlay = overlayRows(data, state, seen, look, body);
  const list = listRows(data, state, seen, look);
  const shown =
    state.mode.kind === 'list'
      ? scrollView(list.rows, body, columns, centredTop(list.chosenAt, list.rows.length, body), look.glyphs)
          .rows
      : overlay.rows;
  const filled = [
    ...shown,
    ...Array.from({ length: Math.max(0, body - shown.length) }, () => emptyRow),
  ].slice(0, body);
  return {
    rows: [head, rule, ...filled, rule, hintRow(data, state, columns)].map((line) => fitRow(line, columns)),
    cursor: overlay.cursorAt === null ? null : { x: overlay.cursorAt, y: 3 },
  };
}

export const homeText = (rows: readonly Row[]): string =>
  rows.map((line) => rowText(line).trimEnd()).join('\n');
