import { fitRow, row, span, type Row } from '../text/row.ts';
import type { Role } from '../theme.ts';
import { wrapRow } from '../text/wrap.ts';

export interface Choice {
  readonly title: string;
  readonly detail: string;
  readonly mark: string | null;
  readonly role: Role | null;
  readonly closed: boolean;
}

/**
 * Numbered rows to choose from, the chosen one marked by a sign and reverse video. Details stand below their row; with
 * `brief`, only below the chosen one.
 */
export function selectRows(
  choices: readonly Choice[],
  selected: number,
  columns: number,
  look: { readonly pointer: string },
  brief: boolean,
): readonly Row[] {
  return choices.flatMap((choice, at) => {
    const isChosen = at === selected;
    const text = `${isChosen ? look.pointer : ' '} ${at + 1} ${choice.title}`;
    const mark = choice.mark === null ? [] : [span('  '), span(choice.mark, choice.role ?? 'dim')];
    const role: Role | undefined = isChosen
      ? 'selected'
      : choice.closed
        ? 'dim'
        : choice.role === 'bad'
          ? 'bad'
          : undefined;
    const head = fitRow(row(span(text, role), ...mark), columns);
    if (choice.detail === '' || (brief && !isChosen)) return [head];
    const detail = wrapRow(row(span(`     ${choice.detail}`, choice.closed ? 'dim' : undefined)), columns, 5);
    return [head, ...(brief ? detail.slice(0, 2) : detail)];
  });
}
