import { titledRule } from '../kit/dialog.ts';
import { scrollView } from '../kit/scroll-view.ts';
import { selectRows } from '../kit/select.ts';
import type { Look } from '../look.ts';
import type { Menu } from '../state/menu.ts';
import type { ScreenState, Seen } from '../state/screen-state.ts';
import { plain } from '../text/plain.ts';
import { emptyRow, fitRow, row, span } from '../text/row.ts';
import type { CardView } from './card.ts';
import { leadRows } from './card-lead.ts';
import { graceRow } from './card.ts';

/** A menu: what it tells above, and its rows below. The text scrolls; the rows are cut short before it takes their place. */
export function menuView(
  menu: Menu,
  state: ScreenState,
  seen: Seen,
  look: Look,
  columns: number,
  height: number,
): CardView {
  const step = seen.view.current.find(({ attempt }) => attempt === menu.attempt) ?? null;
  const head = titledRule(plain(menu.title), '', columns, look.glyphs.rule, 'focus', 'title');
  const choices = menu.rows.map(({ title, detail, mark, role, closed }) => ({
    title: plain(title),
    detail: plain(closed ?? detail),
    mark: closed === null ? mark : 'not offered',
    role,
    closed: closed !== null,
  }));
  const lead = leadRows(menu, step, seen, look, columns);
  const full = selectRows(choices, menu.selected, columns, look.glyphs, false);
  const brief = full.length + lead.length + 3 > height;
  const select = brief ? selectRows(choices, menu.selected, columns, look.glyphs, true) : full;
  const room = Math.max(1, height - select.length - (brief ? 2 : 3));
  const shown = scrollView(lead, room, columns, menu.leadTop, look.glyphs, 'Ctrl-D shows it');
  const gap = brief || shown.rows.length === 0 ? [] : [emptyRow];
  const foot = graceRow(
    state,
    seen,
    row(span('Enter opens a row; nothing happens before y', 'dim')),
    columns,
  );
  return {
    blocks: [
      { id: 'card-head', rows: [head] },
      { id: 'card-lead', rows: [...shown.rows.map((line) => fitRow(line, columns)), ...gap] },
      { id: 'card-rows', rows: select.map((line) => fitRow(line, columns)) },
      { id: 'card-foot', rows: [foot] },
    ],
    leadTop: shown.top,
    cursor: null,
  };
}
