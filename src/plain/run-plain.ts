import { exitCode, type ExitCode } from '../errors.ts';
import { placeKey } from '../machine/place-key.ts';
import type { SessionView } from '../machine/view.ts';
import { nextSteps } from '../report/next-steps.ts';
import { overrideText, standingText } from '../report/standing-text.ts';
import { between, clockText, durationText } from '../report/time.ts';
import type { SessionClient } from '../session/client.ts';
import type { Temporalish } from '../session/ports.ts';
import { offersLine } from './card.ts';
import { askLines } from './scope.ts';
import { converse } from './converse.ts';
import type { Ask, Desk } from './desk.ts';
import { exitCodeOf } from './exit-code.ts';
import { headerLine, owedLines } from './header.ts';
import { paperOn } from './paper.ts';
import { outputTeller } from './tell-output.ts';
import { tellChanges } from './tell.ts';
import { owed, stepsWaiting } from './waiting.ts';

export interface PlainOptions {
  readonly client: SessionClient;
  /** May throw EPIPE where nobody reads any more. */
  readonly write: (text: string) => void;
  /** Asks a person for one line; the signal says that the question is moot. */
  readonly ask?: Ask;
  /** True where a person can answer. */
  readonly interactive: boolean;
  readonly now: () => Temporalish;
  /** Who sits here, as the system knows them. */
  readonly user?: string;
  /** True where something else answers (a scripted operator, another terminal): then nothing is ever missing. */
  readonly driven?: boolean;
  /** Where the draft of the post-mortem lies once the session is closed. */
  readonly draft?: string;
  /** Aborts when the reader has gone without a write finding out. */
  readonly closed?: AbortSignal;
  /** Answers within this time of a question were typed before it; milliseconds. */
  readonly deadMs?: number;
  /** Calls back again and again until stopped; for the lines that say how long a step has run. */
  readonly every?: (ms: number, call: () => void) => () => void;
}

export interface PlainEnd {
  /** `ended`: the session is over. The others: it goes on without this front end, or waits to be resumed. */
  readonly why: 'ended' | 'left' | 'unanswered' | 'silent' | 'lost';
  readonly exitCode: ExitCode;
}

const everyTick = (ms: number, call: () => void): (() => void) => {
  const timer = setInterval(call, ms);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
};

const progressMs = 10_000;

/**
 * The linear front end: a transcript of everything that happens, a line at a time, and a question for everything
 * that a person has to say. It holds no terminal, so it works in a pipe, a dumb terminal and a screen reader.
 */
export async function runPlain(options: PlainOptions): Promise<PlainEnd> {
  const { client, now, deadMs = 400 } = options;
  const end = Promise.withResolvers<PlainEnd['why']>();
  const ended = new AbortController();
  const paper = paperOn(
    options.write,
    () => clockText(now().iso),
    () => {
      end.resolve('silent');
    },
  );
  const output = outputTeller(client, paper.line);
  const ask: Ask = options.interactive && options.ask !== undefined ? options.ask : async () => null;
  let before: SessionView | null = null;
  let offered = '';
  let changedAtMs = now().ms;
  let recording = true;

  function follow(): void {
    const view = client.view();
    const live = client.live();
    output.tell(view);
    if (live.recording.ok !== recording) {
      recording = live.recording.ok;
      paper.line(
        recording
          ? 'recording again'
          : `NOT RECORDING: ${live.recording.detail ?? 'the ledger refuses'}; nothing new starts`,
      );
    }
    if (view === before) return;
    for (const line of tellChanges(before, view, live)) paper.line(line);
    before = view;
    tellOffers(view);
    if (isOver(view, options)) end.resolve('ended');
    else if (!options.interactive && options.driven !== true && needsPerson(view)) end.resolve('unanswered');
  }

  /** The header stands before every question, so that nobody answers without knowing where they are. */
  function tellOffers(view: SessionView): void {
    const waiting = stepsWaiting(view);
    const key = waiting.map((step) => `${step.attempt} ${step.status} ${offersLine(step)}`).join('\n');
    if (key === offered) return;
    offered = key;
    changedAtMs = now().ms;
    if (waiting.length === 0) return;
    paper.line(headerLine(view, now().iso));
    for (const line of standingLines(view)) paper.line(line);
    for (const step of waiting)
      paper.line(waiting.length === 1 ? offersLine(step) : `${placeKey(step.place)}: ${offersLine(step)}`);
  }

  /** Who may start, and what was overridden, before anybody is asked to. */
  function standingLines(view: SessionView): readonly string[] {
    const starts = view.current.some(({ offers }) => offers.some(({ intent }) => intent === 'run'));
    const may = standingText(view, client.live().standing, options.user ?? view.session.operator, now().iso);
    return [
      ...view.overrides.map((used) => `OVERRIDE ${overrideText(used)}`),
      ...(starts && may !== null ? [may] : []),
    ];
  }

  async function confirm(question: string): Promise<string | null> {
    for (let tries = 0; tries < 3; tries += 1) {
      const askedAt = now().ms;
      const typed = await ask(question, ended.signal);
      if (typed === null || now().ms - askedAt >= deadMs) return typed?.trim() ?? null;
      paper.line('not taken: it was typed before the question could be read; type it again');
    }
    return null;
  }

  const desk: Desk = {
    client,
    say: paper.line,
    ask: (question) => ask(question, ended.signal),
    confirm,
    now,
  };
  paper.line(
    `session ${client.view().session.id}, times are UTC${options.interactive ? '; type help for what can be typed' : ''}`,
  );
  paper.line(headerLine(client.view(), now().iso));
  const unsubscribe = client.subscribe(follow);
  const untick = (options.every ?? everyTick)(progressMs, () => {
    for (const line of progressLines(client, now().iso)) paper.line(line);
  });
  const close = (): void => {
    end.resolve('silent');
  };
  options.closed?.addEventListener('abort', close, { once: true });
  if (options.closed?.aborted === true) close();
  void client.gone.then((why) => {
    end.resolve(why === 'ended' ? 'ended' : why === 'lost' ? 'lost' : 'left');
  });

  try {
    follow();
    if (options.interactive) {
      const talk = converse(desk, {
        deadMs,
        changedAtMs: () => changedAtMs,
        over: () => ended.signal.aborted,
      });
      talk.then(() => {
        end.resolve('left');
      }, end.reject);
    }
    const why = await end.promise;
    output.end();
    for (const line of closingLines(why, client.view(), now().iso, options.draft ?? null)) paper.line(line);
    return { why, exitCode: codeFor(why, client.view()) };
  } finally {
    ended.abort();
    options.closed?.removeEventListener('abort', close);
    untick();
    unsubscribe();
    client.detach();
  }
}

/** Nothing is left to do here: closed, or ended with debts that nobody at this terminal can see to. */
function isOver(view: SessionView, { interactive, driven }: PlainOptions): boolean {
  if (view.status === 'closed') return true;
  return view.status === 'ended' && !interactive && driven !== true && view.current.length === 0;
}

const needsPerson = (view: SessionView): boolean =>
  view.status === 'held' || view.scope?.blocks === true || stepsWaiting(view).length > 0;

function codeFor(why: PlainEnd['why'], view: SessionView): ExitCode {
  return why === 'unanswered' ? exitCode.usage : exitCodeOf(view);
}

/** How long what runs has run: nothing works silently. */
function progressLines(client: SessionClient, nowIso: string): readonly string[] {
  const { usual } = client.live();
  return client
    .view()
    .current.filter(
      ({ status, startedAt }) => startedAt !== null && (status === 'performing' || status === 'verifying'),
    )
    .map(({ place, status, startedAt, shown }) =>
      [
        `still ${status}: ${placeKey(place)} for ${durationText(between(startedAt ?? nowIso, nowIso))}`,
        ...(shown === null ? [] : [`at most ${durationText(shown.timeoutMs)}`]),
        ...(usual === null ? [] : [`usually ${durationText(usual.p50Ms)}`]),
      ].join(', '),
    );
}

function closingLines(
  why: PlainEnd['why'],
  view: SessionView,
  nowIso: string,
  draft: string | null,
): readonly string[] {
  const { id } = view.session;
  const debts = owed(view).length === 0 ? [] : owedLines(view, nowIso);
  const resume = `resume with: walkback resume ${id}`;
  switch (why) {
    case 'ended':
      return [
        `outcome ${view.outcome ?? 'none'}`,
        ...debts,
        ...(debts.length === 0 ? [] : [`give back with: walkback obligations`]),
        ...nextSteps(view, draft).map(
          ({ label, command, note }) => `${label}: ${command}${note === '' ? '' : ` (${note})`}`,
        ),
      ];
    case 'left':
      return ['this terminal leaves; the session stays as it is', ...debts, resume];
    case 'lost':
      return ['the session cannot be reached any more; nothing recorded is lost', ...debts, resume];
    case 'unanswered':
      return [...missingLines(view), 'nobody can answer here: run it in a terminal', ...debts, resume];
    case 'silent':
      return [];
  }
}

function missingLines(view: SessionView): readonly string[] {
  const steps = stepsWaiting(view).map(
    (step) =>
      `missing: ${placeKey(step.place)} (${step.title}) is ${step.status.replaceAll('_', ' ')} and waits for a person; ${offersLine(step)}`,
  );
  const asked = view.scope?.blocks === true ? askLines(view.scope).map((line) => `missing: ${line}`) : [];
  return view.held === null
    ? [...asked, ...steps]
    : [
        `missing: the session is held (${view.held}) and waits for a person; you can type: unhold, or abort REASON to take it back`,
        ...steps,
      ];
}
