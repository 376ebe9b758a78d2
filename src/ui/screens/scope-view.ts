import type { ScopeView } from '../../machine/view.ts';
import { titledRule } from '../kit/dialog.ts';
import { centredTop, scrollView } from '../kit/scroll-view.ts';
import { tableRows } from '../kit/table.ts';
import type { Look } from '../look.ts';
import type { Seen } from '../state/screen-state.ts';
import { plain } from '../text/plain.ts';
import { emptyRow, fitRow, row, span, type Row } from '../text/row.ts';
import { wrapRow } from '../text/wrap.ts';
import type { Role } from '../theme.ts';
import type { CardView } from './card.ts';

type ScopeRow = ScopeView['rows'][number];
type Edge = ScopeView['edges'][number];

/** At most so many components at once; more are scrolled to. */
const mostRows = 7;

const words = { in: 'IN', out: 'OUT', ask: 'ASK' } as const;
const roles: Readonly<Record<ScopeRow['state'], Role>> = { in: 'strong', out: 'dim', ask: 'unknown' };
const results: Readonly<Record<Edge['result'], readonly [string, Role]>> = {
  pass: ['ok', 'good'],
  fail: ['NO', 'bad'],
  unknown: ['?', 'unknown'],
};

/** What goes back together: a row a component, and below it what is known about the chosen one. */
export function scopeView(
  selected: number,
  seen: Seen,
  look: Look,
  columns: number,
  height: number,
): CardView {
  const head = {
    id: 'scope-head',
    rows: [titledRule('scope', 'Esc back', columns, look.glyphs.rule, 'focus')],
  };
  const { scope } = seen.view;
  if (scope === undefined)
    return {
      blocks: [head, { id: 'scope-rows', rows: [fitRow(row(span('not worked out', 'dim')), columns)] }],
      cursor: null,
    };
  const at = Math.max(0, Math.min(selected, scope.rows.length - 1));
  const list = componentRows(scope, at, look, columns);
  const shownRows = Math.min(mostRows, list.length, Math.max(1, height - 5));
  const table = scrollView(list, shownRows, columns, centredTop(at, list.length, shownRows), look.glyphs);
  const chosen = scope.rows[at];
  const room = Math.max(0, height - 3 - table.rows.length);
  const about = chosen === undefined ? [] : aboutRows(scope, chosen, look, columns);
  const below = scrollView([...about, ...summaryRows(scope, look, columns)], room, columns, 0, look.glyphs);
  return {
    blocks: [
      head,
      { id: 'scope-rows', rows: table.rows.map((line) => fitRow(line, columns)) },
      {
        id: 'scope-about',
        rows: [fitRow(emptyRow, columns), ...below.rows.map((line) => fitRow(line, columns))],
      },
      { id: 'scope-foot', rows: [footRow(scope, seen, columns)] },
    ],
    cursor: null,
  };
}

function footRow({ open }: ScopeView, { drives }: Seen, columns: number): Row {
  const does = drives ? 'Enter takes the chosen one in or out' : 'another terminal drives';
  if (open.length === 0) return fitRow(row(span(does, 'dim')), columns);
  return fitRow(
    row(span(`to be settled: ${open.map(plain).join(', ')}  `, 'unknown'), span(does, 'dim')),
    columns,
  );
}

function componentRows({ rows }: ScopeView, at: number, look: Look, columns: number): readonly Row[] {
  const signs = { in: look.glyphs.pass, out: look.glyphs.dot, ask: look.glyphs.unknown } as const;
  const cells = rows.map((one, index) => {
    const sign = index === at ? `${look.glyphs.pointer} ` : '  ';
    const name = `${sign}${signs[one.state]} ${words[one.state].padEnd(3)}`;
    return [
      row(span(name, index === at ? 'selected' : roles[one.state])),
      row(plain(one.component)),
      row(versions(one, look)),
      row(
        span(
          plain(one.by === null ? one.reason : `${one.by}: ${one.reason}`),
          one.by === null ? 'dim' : 'unknown',
        ),
      ),
    ];
  });
  return tableRows(cells, [8, 16, 22, columns], columns);
}

const versions = ({ live, to, state }: ScopeRow, look: Look): string =>
  state === 'out' ? plain(live ?? '?') : `${plain(live ?? '?')} ${look.glyphs.arrow} ${plain(to ?? '?')}`;

/** Everything about one component: why it stands where it stands, and each rule with what is known of it. */
function aboutRows(
  { edges, overrides }: ScopeView,
  one: ScopeRow,
  look: Look,
  columns: number,
): readonly Row[] {
  const about = edges.filter(({ from, to }) => from === one.component || to === one.component);
  const said = overrides.filter(({ component }) => component === one.component || component === one.unit);
  const unit = one.unit === null ? '' : ` ${look.glyphs.dot} unit ${plain(one.unit)}`;
  return [
    ...wrapRow(
      row(span(`${plain(one.component)}  `, 'title'), span(`${one.type}${unit}  `, 'dim'), plain(one.reason)),
      columns,
      2,
    ),
    ...about.flatMap((edge) => wrapRow(edgeRow(edge), columns, 6)),
    ...said.flatMap(({ by, was, as, reason }) =>
      wrapRow(
        row(
          span(
            `  ${plain(by)} ${words[was === 'mixed' ? 'ask' : was]} ${look.glyphs.arrow} ${words[as]}  `,
            'unknown',
          ),
          plain(reason),
        ),
        columns,
        6,
      ),
    ),
  ];
}

function edgeRow({ kind, from, to, text, result, detail, red }: Edge): Row {
  const [word, role] = results[result];
  const between = kind === 'need' ? `${plain(from)} needs of ${plain(to)}  ` : '';
  return row(
    span(`  ${word.padEnd(3)} `, role),
    ...(red ? [span('RED ', 'danger')] : []),
    span(between, 'dim'),
    plain(text),
    span(detail === '' ? '' : `  ${plain(detail)}`, 'dim'),
  );
}

function summaryRows(scope: ScopeView, look: Look, columns: number): readonly Row[] {
  const order = scope.order.map((unit) => unit.map(plain).join('+')).join(` ${look.glyphs.arrow} `);
  return [
    ...scope.findings.flatMap(({ detail }) =>
      wrapRow(row(span(`${look.glyphs.noWayBack} `, 'unknown'), plain(detail)), columns, 2),
    ),
    ...wrapRow(row(span('order back  ', 'dim'), order === '' ? 'nothing goes back' : order), columns, 12),
    ...matrixRows(scope.edges, columns),
  ];
}

/** Every two parts of the state about to be created: `ok`, `NO`, or `?` where nobody tried them together. */
function matrixRows(edges: readonly Edge[], columns: number): readonly Row[] {
  const pairs = edges.filter(({ kind }) => kind === 'pair');
  const labels = new Map(
    pairs.flatMap(({ from, to, text }) => {
      const [one = from, other = to] = text.split(' + ');
      return [[from, one] as const, [to, other] as const];
    }),
  );
  if (labels.size === 0) return [];
  const ids = [...labels.keys()].slice(0, mostRows);
  const cell = (one: string, other: string): Row => {
    if (one === other) return row(span('-', 'dim'));
    const edge = pairs.find(
      ({ from, to }) => (from === one && to === other) || (from === other && to === one),
    );
    return edge === undefined ? row('') : row(span(...results[edge.result]));
  };
  const left = labels.size - ids.length;
  const lines = [
    [row(span('tried together', 'title')), ...ids.map((id) => row(span(plain(id), 'dim'))), row('')],
    ...ids.map((id) => [row(plain(labels.get(id) ?? id)), ...ids.map((other) => cell(id, other)), row('')]),
  ];
  return [
    ...tableRows(lines, [20, ...ids.map(() => 8), columns], columns),
    ...(left > 0 ? [row(span(`and ${String(left)} more components`, 'dim'))] : []),
  ];
}
