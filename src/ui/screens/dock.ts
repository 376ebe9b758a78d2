import type { ChosenView, CurrentStep } from '../../machine/view.ts';
import { inGrace } from '../keys/grace.ts';
import { answerOf } from '../state/step-menus.ts';
import { startDenied, waitsForPerson, type ScreenState, type Seen } from '../state/screen-state.ts';
import { plain } from '../text/plain.ts';
import { epochMs } from '../time.ts';
import { fitRow, row, span, type Row } from '../text/row.ts';

/** What the open step asks for, in words that name the key. */
function asking(step: CurrentStep, seen: Seen): string {
  if (startDenied(seen.view, step)) return 'Denied: o opens the ways on, r tries it again';
  const offered = new Set(step.offers.map(({ intent }) => intent));
  if (offered.has('choose')) return 'A decision waits: a opens it';
  if (offered.has('sign')) return 'An approval waits: a opens it';
  if (offered.has('resolve_doubt')) return 'In doubt whether it took effect: a opens the answers';
  if (offered.has('report')) return 'Do this by hand, then a reports what you saw';
  if (offered.has('type_value')) return 'A value is asked for: a opens the field';
  const run = step.offers.find(({ intent }) => intent === 'run');
  if (run?.intent === 'run')
    return run.confirm === 'name'
      ? 'Waits for you: r, then the typed name, then y'
      : 'Waits for you: r, then y';
  if (step.status === 'ready' && seen.view.data?.measuring != null) return 'The data is being measured';
  if (step.status === 'ready' && (seen.view.data?.blocks.length ?? 0) > 0)
    return 'The data is not as it was: I shows it';
  return answerOf(step) === null ? 'Waits for you' : 'It did not pass: a opens the ways on';
}

/** Nobody is delayed without seeing for how long, and by which key it goes on. */
function chosenRow({ title, until, objections }: ChosenView, { nowMs }: Seen): Row {
  const objection = objections.at(-1);
  if (objection !== undefined)
    return row(
      span(`${plain(objection.by)} objects: ${plain(objection.text)}`, 'bad'),
      span('   a answers it', 'prompt'),
    );
  const leftMs = Math.max(0, (epochMs(until) ?? nowMs) - nowMs);
  return row(
    span(`${plain(title)} in ${String(Math.ceil(leftMs / 1000))} s. Any strong objection?`, 'unknown'),
    span('   a objects, or acts now', 'prompt'),
  );
}

/** The docked prompt: it takes no key until a person turns to it, and says when keys are being ignored. */
export function dockRow(
  step: CurrentStep | null,
  state: ScreenState,
  seen: Seen,
  columns: number,
): Row | null {
  if (step?.chosen !== undefined) return fitRow(chosenRow(step.chosen, seen), columns);
  if (step === null || !waitsForPerson(step)) return null;
  if (inGrace(state.grace, seen.nowMs)) {
    return fitRow(row(span('The step changed: keys are ignored for a moment', 'unknown')), columns);
  }
  return seen.drives
    ? fitRow(row(span(asking(step, seen), 'prompt')), columns)
    : fitRow(row(span('Waits for the terminal that drives', 'dim')), columns);
}
