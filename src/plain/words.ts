import type { Offer, SessionView } from '../machine/view.ts';
import { owed } from './waiting.ts';

/** What can be typed. The help, the refusals and the tests read this table; a word that is not here does nothing. */
export interface Word {
  readonly word: string;
  readonly usage: string;
  readonly does: string;
  /** The offer of a current step that the word takes up; null for words about the session or this terminal. */
  readonly offer: Offer['intent'] | null;
  /** For words without an offer: whether it does something now. */
  readonly when: (view: SessionView) => boolean;
}

const always = (): boolean => true;
const under = ({ status }: SessionView): boolean => status !== 'ended' && status !== 'closed';
const offered = ({ command }: SessionView): boolean => (command?.offer ?? null) !== null;
const indebted = (view: SessionView): boolean => owed(view).length > 0;

const blockedByData = ({ data }: SessionView): boolean => (data?.blocks.length ?? 0) > 0;

const scoped = (view: SessionView): boolean => under(view) && view.scope !== undefined;

const onStep = (word: string, usage: string, does: string, offer: Offer['intent']): Word => ({
  word,
  usage,
  does,
  offer,
  when: always,
});
const onSession = (word: string, usage: string, does: string, when: Word['when'] = under): Word => ({
  word,
  usage,
  does,
  offer: null,
  when,
});

export const words: readonly Word[] = [
  onStep('run', 'run', 'runs the step as it was shown, after a yes or the typed name', 'run'),
  onStep('skip', 'skip REASON', 'passes over the step', 'skip'),
  onStep(
    'override',
    'override REASON',
    'starts what was denied, or passes over a step that must not be skipped; it stays on record',
    'skip',
  ),
  onStep('answer', 'answer OPTION REASON', 'answers the question; the option alone works too', 'choose'),
  onStep('proceed', 'proceed REASON', 'acts on a choice without waiting for objections any longer', 'go_on'),
  onStep('object', 'object TEXT', 'objects to a choice before it acts; any terminal may', 'object'),
  onStep('check', 'check', 'reads the check or the probe again', 'check_again'),
  onStep('retry', 'retry', 'tries the step again', 'retry'),
  onStep('go', 'go WHERE REASON', 'takes the way on that the author gave', 'route'),
  onStep(
    'doubt',
    'doubt done|not_done|run_again REASON',
    'says what became of a step in doubt',
    'resolve_doubt',
  ),
  onStep('sign', 'sign NAME', 'hands in an SSH signature over the request', 'sign'),
  onStep('deny', 'deny REASON', 'refuses the approval', 'sign'),
  onStep('report', 'report pass|fail|unknown TEXT', 'says what you did or saw', 'report'),
  onStep('value', 'value VALUE', 'types the value that is asked for', 'type_value'),
  onStep('kill', 'kill', 'stops the running command now, after a yes or the typed name', 'stop_command'),
  onSession('note', 'note TEXT', 'writes a note into the record', always),
  onSession(
    'drift',
    'drift WHERE: WHAT',
    'records a change that was made by hand; `; why: … ; typed: … ; seen: …` may follow',
    always,
  ),
  onSession(
    'drifts',
    'drifts',
    'shows what was changed by hand, line by line',
    ({ drift }) => drift.length > 0,
  ),
  onSession(
    'dispose',
    'dispose DRIFT codify WHERE | revert HOW | accept OWNER UNTIL WHY',
    'says what becomes of a change by hand',
    ({ drift }) => drift.some(({ key, disposed }) => key !== undefined && disposed === undefined),
  ),
  onSession(
    'prove',
    'prove NAME',
    'hands in the SSH signature of one who may start',
    (view) => under(view) && view.authorityRequest !== null,
  ),
  onSession(
    'ratify',
    'ratify OVERRIDE NAME',
    'approves an override afterwards, by an SSH signature of somebody else',
    ({ overrides }) => overrides.some(({ due, approvedBy }) => due !== null && approvedBy === null),
  ),
  onSession(
    'event',
    'event NAME WHEN SOURCE',
    'tells what opens or closes the window: when it was, and where that is known from',
    (view) => under(view) && view.windowEvents.length > 0,
  ),
  onSession('scope', 'scope', 'shows what goes back together, and why', ({ scope }) => scope !== undefined),
  onSession('include', 'include COMPONENT REASON', 'takes a component, or a unit, into the rollback', scoped),
  onSession(
    'exclude',
    'exclude COMPONENT REASON',
    'leaves a component, or a unit, out of the rollback',
    scoped,
  ),
  onSession('versions', 'versions', 'reads what runs again and works the scope out anew', scoped),
  onSession('hold', 'hold REASON', 'starts nothing new until unhold', ({ status }) => status === 'running'),
  onSession('unhold', 'unhold', 'goes on after a hold', ({ status }) => status === 'held'),
  onSession(
    'handover',
    'handover NAME',
    'offers command to the next person, with a briefing',
    ({ status, command }) => status !== 'closed' && (command?.offer ?? null) === null,
  ),
  onSession(
    'command',
    'command STEP OWED NAME',
    'takes command: reads back the step at hand and how many debts are owed',
    offered,
  ),
  onSession('keep', 'keep', 'withdraws the offer of command', offered),
  onSession('briefing', 'briefing', 'shows what the next person has to know', offered),
  onSession('escalate', 'escalate', 'calls whom the runbook names'),
  onSession('stop', 'stop REASON', 'stops at the next step boundary; resumable'),
  onSession('abort', 'abort REASON', 'ends the session through its undo path, after a yes'),
  onSession('release', 'release DEBT', 'runs the way back of a debt', indebted),
  onSession('resend', 'resend DEBT', 'sends a message that did not arrive once more', ({ messages = [] }) =>
    messages.some(({ state }) => state === 'failed'),
  ),
  onSession(
    'told',
    'told DEBT HOW',
    'says how they were told whom a message did not reach',
    ({ messages = [] }) => messages.some(({ state }) => state === 'failed'),
  ),
  onSession(
    'messages',
    'messages',
    'shows the messages, with the words of those to be told by hand',
    ({ messages = [] }) => messages.length > 0,
  ),
  onSession('waive', 'waive DEBT REASON', 'gives up a debt', indebted),
  onSession('carry', 'carry DEBT OWNER DUE REASON', 'leaves a debt to an owner until a date', indebted),
  onSession('close', 'close', 'closes the session when nothing is owed', ({ status }) => status === 'ended'),
  onSession('status', 'status', 'shows clocks, figures, triggers and debts', always),
  onSession('show', 'show', 'shows the current step again, in full', always),
  onSession('plan', 'plan', 'shows all phases and steps', always),
  onSession('owed', 'owed', 'shows what is owed, with the way back of each', always),
  onSession('output', 'output LINES', 'shows the last lines that the step printed', always),
  onSession('search', 'search TEXT', 'finds lines in what the step printed', always),
  onSession(
    'data',
    'data',
    'shows the rows and invariants before and now, and what was lost',
    ({ data }) => data !== undefined,
  ),
  onSession('measure', 'measure', 'measures the data again', ({ data }) => data !== undefined),
  onSession(
    'accept',
    'accept REASON',
    'agrees to the data as it stands, where it keeps you from going on',
    blockedByData,
  ),
  onSession(
    'overrule',
    'overrule REASON',
    'goes past the owner of the data; a review is owed',
    blockedByData,
  ),
  onSession('drive', 'drive', 'makes this terminal the one that drives', always),
  onSession('leave', 'leave', 'leaves; the session goes on and can be resumed', always),
  onSession('help', 'help', 'shows this list; @STEP after a word names one of several steps', always),
];

/** A typed line, taken apart. `step` is set by `@STEP` right after the word. */
export interface Line {
  readonly word: string;
  readonly step: string | null;
  readonly rest: string;
}

export function readLine(text: string): Line {
  const [, word = '', step, rest = ''] = /^\s*(\S*)(?:\s+@(\S+))?\s*(.*)$/su.exec(text) ?? [];
  return { word: word.toLowerCase(), step: step ?? null, rest: rest.trim() };
}

/** The first word of a text, and the rest. */
export function splitFirst(text: string): readonly [string, string] {
  const [, first = '', rest = ''] = /^\s*(\S*)\s*(.*)$/su.exec(text) ?? [];
  return [first, rest.trim()];
}

/** The words that do something now; with the usage that `help` shows. */
export function wordsNow(view: SessionView): readonly Word[] {
  const offered = new Set(view.current.flatMap(({ offers }) => offers.map(({ intent }) => intent)));
  return words.filter(({ offer, when }) => (offer === null ? when(view) : offered.has(offer)));
}
