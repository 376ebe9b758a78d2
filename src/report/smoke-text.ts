import type { SmokeView } from '../machine/view.ts';

export type SmokeCell = SmokeView['cells'][number];

/** What was tried on one way: the proxy, or one instance. */
export interface SmokeOnWay {
  readonly name: string;
  readonly cells: readonly SmokeCell[];
  /** What its critical tests come to. */
  readonly result: SmokeView['result'];
}

/** The table of a smoke test, way by way, in the order in which they were given. */
export const smokeWays = ({ cells }: Pick<SmokeView, 'cells'>): readonly SmokeOnWay[] =>
  [...Map.groupBy(cells, ({ way, name }) => `${way} ${name}`).values()].map((list) => ({
    name: list[0]?.name ?? '',
    cells: list,
    result: worstOf(list.filter(({ critical }) => critical)),
  }));

const worstOf = (cells: readonly SmokeCell[]): SmokeView['result'] =>
  (['fail', 'unknown'] as const).find((bad) => cells.some(({ result }) => result === bad)) ?? 'pass';

/** How a test went, run by run: `3 of 3`, `pass, fail, pass: unstable`. */
export function runsText({ runs, times, result, code }: SmokeCell): string {
  if (runs.every((run) => run === runs[0]))
    return `${runs[0] === 'pass' ? times : 0} of ${times}${result === 'unknown' ? ', unknown' : ''}`;
  const cut = times > runs.length ? `… ` : '';
  return `${cut}${runs.join(', ')}${code === 'unstable' ? ': unstable' : ''}`;
}

/** What is wrong with it, in words; empty for one that passed. */
export function faultText({ result, code, value, expected, detail }: SmokeCell): string {
  if (result === 'pass') return '';
  const wanted = expected === '' || detail.includes(expected) ? '' : `, expected ${expected}`;
  return `${detail === '' ? (code ?? value ?? 'not run') : detail}${wanted}`;
}

/** One line a way, for readers without pictures. */
export function smokeLines(smoke: SmokeView): readonly string[] {
  const { result, final, rounds } = smoke;
  return [
    `smoke test ${result.toUpperCase()}${final ? '' : ` so far, round ${rounds}`}`,
    ...smokeWays(smoke).map(({ name, cells }) => {
      const told = cells.map((cell) => {
        const fault = faultText(cell);
        return `${cell.test}${cell.critical ? '' : ' (not critical)'} ${cell.result} (${runsText(cell)})${fault === '' ? '' : `: ${fault}`}`;
      });
      return `  ${name}: ${told.join('; ')}`;
    }),
  ];
}
