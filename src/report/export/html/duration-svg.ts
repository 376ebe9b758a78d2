import type { Figures } from '../../figures.ts';
import { durationText } from '../../time.ts';
import { drawing, label, line, rect, scale, width } from './svg.ts';

const left = 150;
const rowHeight = 24;

/** How long its parts took, against the objective where there is one. */
export function durationSvg(figures: Figures, objectiveMs: number | null): string {
  const bars = [
    ['decide', figures.toDecideMs],
    ['restore', figures.toRestoreMs],
    ['give back', figures.toGiveBackMs],
    ['whole session', figures.durationMs],
  ] as const;
  const known = bars.flatMap(([name, ms]) => (ms === null ? [] : [[name, Math.max(0, ms)] as const]));
  // a session in which nothing has happened yet took no time that could be drawn
  if (known.every(([, ms]) => ms === 0)) return '';
  const longest = Math.max(objectiveMs ?? 0, ...known.map(([, ms]) => ms), 1);
  const x = scale(0, longest, left, width - 110);
  const height = known.length * rowHeight + 24;
  const objective =
    objectiveMs === null
      ? []
      : [
          line('limit', x(objectiveMs), '14', x(objectiveMs), String(height)),
          label(x(objectiveMs), 11, `objective ${durationText(objectiveMs)}`, {
            soft: true,
            anchor: 'middle',
          }),
        ];
  const rows = known.map(([name, ms], index) => {
    const y = 18 + index * rowHeight;
    const wide = (Number(x(ms)) - left).toFixed(1);
    return [
      label(6, y + 13, name),
      rect('bar time', String(left), String(y + 2), wide, '14', `${name}: ${durationText(ms)}`),
      label(Number(x(ms)) + 6, y + 13, durationText(ms), { soft: true }),
    ].join('');
  });
  return drawing(height, 'Durations', [...objective, ...rows]);
}
