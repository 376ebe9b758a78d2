import type { FigureRow } from '../statistics-rows.ts';
import { labelText } from './prometheus-labels.ts';

const help: Readonly<Record<FigureRow['unit'], string>> = {
  count: 'A plain count.',
  ratio: 'A share, 0 to 1.',
  seconds: 'A quantile of a length of time.',
  per_day: 'A count a day.',
};

const endings: Readonly<Record<FigureRow['unit'], string>> = {
  count: '',
  ratio: '_ratio',
  seconds: '_seconds',
  per_day: '_per_day',
};

/**
 * The figures in Prometheus' text format, for a node exporter's textfile folder. Beside each share and quantile stand
 * the ends of its 95 % interval (`_low`, `_high`) and what it was counted from (`_n`); what is not known is left out.
 */
export function statisticsPrometheus(rows: readonly FigureRow[]): string {
  const families = Map.groupBy(rows, ({ figure, unit }) => `walkback_stats_${figure}${endings[unit]}`);
  return [...families]
    .map(([name, own]) => {
      const unit = own[0]?.unit ?? 'count';
      const lines = (suffix: string, words: string, value: (row: FigureRow) => number | null): string => {
        const known = own.flatMap((row) => {
          const number = value(row);
          return number === null ? [] : [`${name}${suffix}{${labelsOf(row)}} ${String(number)}\n`];
        });
        if (known.length === 0) return '';
        return `# HELP ${name}${suffix} ${words}\n# TYPE ${name}${suffix} gauge\n${known.join('')}`;
      };
      const plain = lines('', help[unit], ({ value }) => value);
      if (unit === 'count') return plain;
      return [
        plain,
        lines('_low', 'The lower end of the 95 % interval.', ({ low }) => low),
        lines('_high', 'The upper end of the 95 % interval.', ({ high }) => high),
        lines('_n', 'What it was counted from.', ({ n }) => n),
      ].join('');
    })
    .join('');
}

const labelsOf = ({ mode, by, name, detail, unit, figure }: FigureRow): string =>
  labelText({
    mode,
    by,
    name,
    ...(detail === ''
      ? {}
      : unit === 'seconds'
        ? { percentile: detail }
        : { [figure === 'outcome' ? 'outcome' : 'what']: detail }),
  });
