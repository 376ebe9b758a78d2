import type { Figures } from '../../figures.ts';
import { clip, visibleLine } from '../../inert.ts';
import type { AttemptStory, Story } from '../../story.ts';
import { between, clockText, durationText, epochMs } from '../../time.ts';
import { drawing, label, line, rect, scale, width } from './svg.ts';

const left = 230;
const rowHeight = 18;
const top = 26;
const ticks = 6;
/** What stands to the right of the last mark. */
const right = 70;

/**
 * Who worked when: a bar for each attempt, by step, in the order in which they began; below them what was owed, from
 * when to when. The decision and the proof of recovery are lines across all of it.
 */
export function timelineSvg(story: Story, figures: Figures): string {
  const { startedAt, lastAt } = story;
  if (startedAt === null || lastAt === null || story.attempts.length === 0) return '';
  const from = epochMs(startedAt);
  const to = Math.max(epochMs(lastAt), from + 1000);
  const x = scale(from, to, left, width - right);
  const places = [...new Set(story.attempts.map(({ place }) => place))];
  const height = top + (places.length + story.obligations.length) * rowHeight + 10;
  const wide = (start: number, end: number) => Math.max(2, Number(x(end)) - Number(x(start))).toFixed(1);
  const row = (index: number) => top + index * rowHeight;
  const attempts = story.attempts.map((attempt) => {
    const [start, end] = [epochMs(attempt.firstAt), epochMs(attempt.lastAt)];
    const said = `${attempt.place}, attempt ${String(attempt.number)}: ${attempt.result}, ${durationText(end - start)}`;
    const y = row(places.indexOf(attempt.place)) + 3;
    return rect(`bar ${kindOf(attempt)}`, x(start), String(y), wide(start, end), '12', said);
  });
  const debts = story.obligations.flatMap((debt, index) => {
    const [start, end] = [epochMs(debt.openedAt), epochMs(debt.closedAt ?? lastAt)];
    const y = row(places.length + index);
    const said = `${debt.opened.title}: owed for ${durationText(end - start)}${debt.closedAt === null ? ', still open' : ''}`;
    return [
      label(6, y + 13, clip(visibleLine(`owed: ${debt.opened.title}`), 32), { soft: true }),
      rect('bar debt', x(start), String(y + 4), wide(start, end), '10', said),
    ];
  });
  // one word stands before its line and the other behind it: however near they are, both can be read
  const marks = [
    { at: figures.decidedAt, text: 'decided', side: { anchor: 'end' } as const },
    { at: figures.recovered?.at ?? null, text: 'recovered', side: { anchor: undefined } },
  ].flatMap(({ at, text, side }) =>
    at === null
      ? []
      : [
          line('mark', x(epochMs(at)), String(top), x(epochMs(at)), String(height)),
          label(Number(x(epochMs(at))) + (side.anchor === 'end' ? -3 : 3), top - 2, text, side),
        ],
  );
  const axis = Array.from({ length: ticks }, (_, index) => {
    const ms = from + ((to - from) * index) / (ticks - 1);
    return [
      line('axis', x(ms), String(top), x(ms), String(height)),
      label(x(ms), 11, clockText(isoNear(startedAt, ms - from)), { soft: true, anchor: 'middle' }),
    ].join('');
  });
  const names = places.map((place, index) => label(6, row(index) + 13, clip(visibleLine(place), 32)));
  const title = `Timeline of ${durationText(between(startedAt, lastAt))} with ${String(places.length)} steps`;
  return drawing(height, title, [...axis, ...names, ...attempts, ...debts, ...marks]);
}

/** The clock of a moment so many milliseconds after an ISO time; a session longer than a day starts again at 00:00:00. */
function isoNear(at: string, ms: number): string {
  const seconds = Math.floor((epochMs(at) + ms) / 1000) % 86_400;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${at.slice(0, 10)}T${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}Z`;
}

function kindOf({ judged, ended, doubt, skipped }: AttemptStory): string {
  if (skipped !== null) return 'skip';
  if (doubt !== null || judged === 'unknown') return 'unknown';
  if (judged !== null) return judged;
  return ended === null || (ended.ending === 'exited' && ended.exitCode === 0) ? 'pass' : 'fail';
}
