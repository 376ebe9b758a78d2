import { placeKey } from '../machine/place-key.ts';
import type { CurrentStep } from '../machine/view.ts';
import { sessionActs } from './act-on-session.ts';
import { stepActs } from './act-on-step.ts';
import type { Desk } from './desk.ts';
import { readLine, words, type Line } from './words.ts';

/**
 * Reads lines and acts on them until the person leaves or is gone. A line about a step that comes right after what is
 * offered has changed was meant for what stood there before: it is not taken.
 */
export async function converse(
  desk: Desk,
  {
    deadMs,
    changedAtMs,
    over,
  }: { readonly deadMs: number; readonly changedAtMs: () => number; readonly over: () => boolean },
): Promise<'left' | 'gone'> {
  while (!over()) {
    const text = await desk.ask('> ');
    if (text === null) return 'gone';
    const line = optionAsAnswer(desk, readLine(text));
    if (line.word === '') continue;
    if (line.word === 'leave') return 'left';
    const tooSoon = stepActs[line.word] !== undefined && desk.now().ms - changedAtMs() < deadMs;
    if (tooSoon) desk.say(`not taken: the step changed while you typed; look, then type ${line.word} again`);
    else await act(desk, line);
  }
  return 'gone';
}

/** `rollback because…` means `answer rollback because…` while that option is on the screen. */
function optionAsAnswer({ client }: Desk, line: Line): Line {
  if (words.some(({ word }) => word === line.word)) return line;
  const known = client
    .view()
    .current.some(({ question }) => question?.options.some(({ id }) => id === line.word) === true);
  return known ? { word: 'answer', step: line.step, rest: `${line.word} ${line.rest}`.trim() } : line;
}

async function act(desk: Desk, line: Line): Promise<void> {
  const known = words.find(({ word }) => word === line.word);
  if (known === undefined) {
    desk.say(`${line.word} is not a word here; type help for the list`);
    return;
  }
  const onSession = sessionActs[line.word];
  if (onSession !== undefined) {
    const rest = line.step === null ? line.rest : `@${line.step} ${line.rest}`.trim();
    if (known.when(desk.client.view())) await onSession(desk, rest);
    else desk.say(`${line.word} does nothing now; type help for what does`);
    return;
  }
  const step = pickStep(desk, line, known.offer);
  if (step !== null) await stepActs[line.word]?.(desk, step, line.rest);
}

/** The one step that a word is for; says why where there is none, or more than one. */
function pickStep(
  { client, say }: Desk,
  { word, step, rest }: Line,
  offer: string | null,
): CurrentStep | null {
  const able = client.view().current.filter(({ offers }) => offers.some(({ intent }) => intent === offer));
  const named =
    step === null ? able : able.filter(({ place }) => place.step === step || placeKey(place) === step);
  const asked =
    word === 'answer' && named.length > 1
      ? named.filter(({ question }) => question?.options.some(({ id }) => rest.startsWith(id)) === true)
      : named;
  const [only, ...others] = asked;
  if (only === undefined) {
    say(
      able.length === 0
        ? `${word} does nothing now; type help for what does`
        : `no step ${step ?? ''} takes ${word} now: ${names(able)}`,
    );
    return null;
  }
  if (others.length === 0) return only;
  say(`which step? type ${word} @STEP, with one of ${names(asked)}`);
  return null;
}

const names = (steps: readonly CurrentStep[]): string => steps.map(({ place }) => placeKey(place)).join(', ');
