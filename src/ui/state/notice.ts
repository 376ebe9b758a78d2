import type { Answer } from '../../session/intents.ts';
import { startGrace } from '../keys/grace.ts';
import { emptyField } from '../kit/text-field.ts';
import { plain } from '../text/plain.ts';
import { clockText } from '../time.ts';
import { attemptOfMode, say } from './mode.ts';
import { answerOf } from './step-menus.ts';
import { deniedMenu } from './denied-menu.ts';
import { keepSelection } from './menu.ts';
import {
  askedOf,
  phasesDone,
  selectedStep,
  startDenied,
  waitsForPerson,
  type Effect,
  type ScreenState,
  type Seen,
  type Update,
} from './screen-state.ts';

/** After this long without a key, things that went on meanwhile are told before anything else. */
const awayMs = 60_000;
/** How long an answer of the session stays on the screen. */
const messageMs = 15_000;
/** A prompt that nobody answers rings again this often; from the second time on, `notify` runs too. */
const ringAgainMs = 60_000;

/** What was not accepted: said, and what had been written for it comes back to be mended. */
export function refused(
  state: ScreenState,
  seen: Seen,
  answer: Extract<Answer, { ok: false }>,
  { card }: Extract<Effect, { kind: 'send' }>,
): ScreenState {
  const told = say(state, seen, `${answer.message} (${answer.code}) ${answer.next}`, 'bad');
  const written = card?.form.fields.some((field) => field.kind === 'text' && field.field.value !== '');
  if (card === undefined || written !== true || state.mode.kind !== 'session') return told;
  const fields = card.form.fields.map((field) =>
    field.kind === 'name' ? { ...field, field: emptyField } : field,
  );
  const form = { ...card.form, fields, focus: 0, problem: `${answer.message} ${answer.next}` };
  return { ...told, mode: { ...card, form }, message: null, grace: startGrace(seen.nowMs) };
}

/** How much longer than other messages the line for a first session stays. */
const welcomeMs = 45_000;

/** One line for someone's first session; it covers nothing. */
export const welcomed = (state: ScreenState, seen: Seen): ScreenState =>
  say(
    state,
    { ...seen, nowMs: seen.nowMs + welcomeMs },
    'New here? a answers what is asked, ? shows all keys, q leaves. Nothing runs unasked.',
  );

/** What a new view changes on the screen: the dead time, cards whose question is over, the bell. */
export function noticeView(before: ScreenState, seen: Seen): Update {
  const effects: Effect[] = [];
  const step = selectedStep(seen.view, before.selected);
  const asked = askedOf(step);
  let state = before;
  if (asked !== before.asked) {
    const selected = step?.attempt === before.selected ? before.selected : null;
    const sameAttempt = asked.split(' ')[0] === before.asked.split(' ')[0];
    state = {
      ...state,
      asked,
      selected,
      grace: startGrace(seen.nowMs),
      scroll: sameAttempt ? state.scroll : { ...state.scroll, 2: 0 },
    };
  }
  state = tellPhases(closeStaleCard(state, seen), seen);
  if (step !== null && waitsForPerson(step) && state.rang?.asked !== asked) {
    state = { ...state, rang: { asked, atMs: seen.nowMs, times: 1 } };
    effects.push({ kind: 'ring', text: `${step.title}: ${step.status}`, notify: false });
  }
  const bell = seen.view.window === null ? null : bellOf(seen.view.window);
  if (bell !== null && bell.rang !== state.windowRang) {
    state = say(
      { ...state, windowRang: bell.rang },
      seen,
      bell.text,
      bell.rang.startsWith('closed') ? 'bad' : 'unknown',
    );
    effects.push({ kind: 'ring', text: bell.text, notify: true });
  }
  if (state.stopping && !isBusy(seen)) effects.push({ kind: 'leave', left: 'stop' });
  return { state, effects };
}

/** The bell of the window that rang last, told apart from the one before. */
function bellOf({ state, rung, reason, leftMs }: NonNullable<Seen['view']['window']>): {
  readonly rang: string;
  readonly text: string;
} | null {
  if (rung === null) return null;
  const left = leftMs === null || rung === 0 ? '' : `, ${clockText(leftMs)}`;
  const text =
    rung === 0
      ? `The window is now ${state.toUpperCase()}: ${plain(reason)}`
      : `The window is ${state.toUpperCase()}: ${rung} % of its time left${left}`;
  return { rang: `${state} ${rung}`, text };
}

const counted = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;

/** A phase ends with a line that says so. */
function tellPhases(state: ScreenState, seen: Seen): ScreenState {
  const done = phasesDone(seen.view);
  if (done.length === state.phasesDone.length) return state;
  const fresh = seen.view.phases.findLast(({ id }) => done.includes(id) && !state.phasesDone.includes(id));
  const next = { ...state, phasesDone: done };
  return fresh === undefined
    ? next
    : say(next, seen, `Phase complete: ${fresh.title}, ${counted(fresh.steps.length, 'step')}`, 'good');
}

/** True while a command, its guard or its verification is under way. */
export const isBusy = ({ view }: Pick<Seen, 'view'>): boolean =>
  view.current.some(
    ({ status }) => status === 'guarding' || status === 'performing' || status === 'verifying',
  );

/** A card is about one attempt: it goes when the attempt is over, and shows new facts while it is not. */
function closeStaleCard(state: ScreenState, seen: Seen): ScreenState {
  const attempt = attemptOfMode(state.mode);
  if (attempt === null) return state;
  const step = seen.view.current.find((open) => open.attempt === attempt);
  const closed = (text: string): ScreenState =>
    say({ ...state, mode: { kind: 'session' }, grace: startGrace(seen.nowMs) }, seen, text);
  if (step === undefined) return closed('The step changed meanwhile: the card was closed, nothing was sent.');
  if (state.mode.kind === 'menu' && state.mode.menu.card === 'denied') {
    return startDenied(seen.view, step)
      ? {
          ...state,
          mode: { kind: 'menu', menu: keepSelection(deniedMenu(seen.view, step), state.mode.menu) },
        }
      : closed('Nothing is denied any more.');
  }
  if (state.mode.kind === 'menu') {
    const answer = answerOf(step);
    if (answer === null || !('menu' in answer)) return closed('This question is over: nothing was sent.');
    return { ...state, mode: { kind: 'menu', menu: keepSelection(answer.menu, state.mode.menu) } };
  }
  if (state.mode.kind !== 'form') return state;
  const wanted = state.mode.form.purpose.type === 'deny' ? 'sign' : state.mode.form.purpose.type;
  return step.offers.some(({ intent }) => intent === wanted)
    ? state
    : closed('This can no longer be done: nothing was sent.');
}

/** Once a second: the bell again, old messages away, and the resume card after a minute away. */
export function tick(before: ScreenState, seen: Seen): Update {
  const effects: Effect[] = [];
  let state = before;
  if (state.message !== null && seen.nowMs - state.message.atMs > messageMs)
    state = { ...state, message: null };
  const idleMs = seen.nowMs - state.lastKeyMs;
  if (state.mode.kind === 'session' && idleMs >= awayMs && seen.view.revision !== state.attended.revision) {
    state = { ...state, mode: { kind: 'resume', why: 'idle', before: state.attended.last } };
  }
  const step = selectedStep(seen.view, state.selected);
  const { rang } = state;
  if (step !== null && rang !== null && rang.asked === askedOf(step) && waitsForPerson(step)) {
    if (idleMs >= ringAgainMs && seen.nowMs - rang.atMs >= ringAgainMs) {
      state = { ...state, rang: { ...rang, atMs: seen.nowMs, times: rang.times + 1 } };
      effects.push({ kind: 'ring', text: `${step.title}: waits for an answer`, notify: true });
    }
  }
  return { state, effects };
}
