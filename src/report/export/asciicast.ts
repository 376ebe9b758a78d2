import type { RecordedFact } from '../../session/ports.ts';
import type { Names } from '../actors.ts';
import { personOf } from '../actors.ts';
import { clip, inertJson, visible, visibleLine } from '../inert.ts';
import { sayFact } from '../sentences.ts';
import type { Story } from '../story.ts';
import { between, clockText, epochMs } from '../time.ts';

export interface CastInput {
  readonly story: Story;
  readonly events: readonly RecordedFact[];
  readonly output: (attempt: string) => string;
  readonly name: Names;
}

const columns = 100;
const rows = 30;
/** Silence is shortened to this many seconds; the line says how long it was. */
const longestPause = 2;

/**
 * The session as a terminal recording, to be played back beside the post-mortem: what happened, line by line, with its
 * real pace where something happened and long silences shortened.
 * @param format 2: times from the start; 3: times from the event before, and the terminal in an object of its own
 */
export function exportAsciicast(format: 2 | 3, { story, events, output, name }: CastInput): string {
  const timestamp = story.startedAt === null ? 0 : Math.floor(epochMs(story.startedAt) / 1000);
  const title = `${visibleLine(story.started?.runbook.title ?? story.id)} (${story.id})`;
  const header =
    format === 2
      ? { version: 2, width: columns, height: rows, timestamp, title, idle_time_limit: longestPause }
      : { version: 3, term: { cols: columns, rows }, timestamp, title, idle_time_limit: longestPause };
  let at = 0;
  const lines = events.map((event, index) => {
    const before = events[index - 1];
    const silent = before === undefined ? 0 : Math.max(0, between(before.at, event.at) / 1000);
    const pause = Math.min(silent, longestPause);
    at += pause;
    const gap =
      silent > 5 * longestPause ? `\u001b[2m… ${String(Math.round(silent))} s later\u001b[0m\r\n` : '';
    const time = Number((format === 2 ? at : pause).toFixed(3));
    return inertJson([time, 'o', `${gap}${eventText(event, name, output)}`]);
  });
  return `${[inertJson(header), ...lines].join('\n')}\n`;
}

function eventText({ at, actor, fact }: RecordedFact, name: Names, output: CastInput['output']): string {
  const { what, evidence } = sayFact(fact);
  const who = name(personOf(fact) ?? actor);
  const said = clip(visibleLine(`${clockText(at)}  ${who}  ${what}`), columns);
  const shows =
    evidence === '' ? '' : `\u001b[2m          ${clip(visibleLine(evidence), columns - 10)}\u001b[0m\r\n`;
  const printed = fact.type === 'command.ended' ? output(fact.attempt) : '';
  const shown = printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `          │ ${clip(visible(line), columns - 12)}\r\n`)
    .join('');
  return `${said}\r\n${shown}${shows}`;
}
