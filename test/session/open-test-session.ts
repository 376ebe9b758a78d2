import { onTestFinished } from 'vitest';
import type { SessionMachine } from '../../src/machine/compile.ts';
import { compileRunbook } from '../../src/machine/compile.ts';
import type { Known } from '../../src/machine/book.ts';
import type { Context, StepRecord } from '../../src/machine/context.ts';
import { newestOf } from '../../src/machine/places.ts';
import type { Fact, FactOf, FactType } from '../../src/machine/facts.ts';
import type { CurrentStep } from '../../src/machine/view.ts';
import type { Environment, Runbook } from '../../src/runbook/model.ts';
import type { Json } from '../../src/runbook/model/values.ts';
import { answerIntent } from '../../src/session/answer.ts';
import type { Answer, Intent } from '../../src/session/intents.ts';
import { startMonitor } from '../../src/session/monitor.ts';
import type { DriftKeeper, EvidenceKeeper, RecordedFact } from '../../src/session/ports.ts';
import { recover } from '../../src/session/recover.ts';
import type { Session } from '../../src/session/session.ts';
import { openSession } from '../../src/session/session.ts';
import type { TestClock } from './fake-clock.ts';
import { fakeClock, settled } from './fake-clock.ts';
import type { World } from './fake-world.ts';
import { openWorld } from './fake-world.ts';
import type { MemoryLog } from './memory-log.ts';
import { memoryLog, row } from './memory-log.ts';

export interface Setting {
  readonly runbook: Runbook;
  /** Facts recorded before the session is opened, `session.started` not included. */
  readonly past?: readonly Fact[];
  /** What was really recorded, instead. */
  readonly rows?: readonly RecordedFact[];
  readonly world?: World;
  readonly clock?: TestClock;
  readonly inputs?: Readonly<Record<string, Json>>;
  /** What titles may say before anything was shown. */
  readonly known?: Known;
  readonly secrets?: readonly string[];
  readonly environment?: Environment | null;
  readonly env?: Readonly<Record<string, Json>>;
  readonly started?: Partial<FactOf<'session.started'>>;
  /** `opened`: nothing begins; `resumed`: recovered, then begun; else begun as a new session. */
  readonly how?: 'begun' | 'opened' | 'resumed';
  readonly monitored?: boolean;
  readonly evidence?: EvidenceKeeper;
  readonly drift?: DriftKeeper;
}

type Words<Type extends Intent['type']> = Partial<Extract<Intent, { type: Type }>>;

export interface TestSession {
  readonly session: Session;
  readonly clock: TestClock;
  readonly world: World;
  readonly log: MemoryLog;
  /** The one step at hand, or the one that is named. */
  at(step?: string): CurrentStep;
  record(step: string): StepRecord | undefined;
  context(): Context;
  /** As the plan shows it. */
  status(step: string): string;
  /** Types of all facts so far. */
  types(): readonly FactType[];
  facts<Type extends FactType>(type: Type): readonly FactOf<Type>[];
  /** What a person says about the step at hand (or the one named), with safe words where none are given. */
  say<Type extends Intent['type']>(type: Type, words?: Words<Type>, step?: string): Promise<Answer>;
  /** The process dies: nothing of it goes on. Answers the next one over the same ledger and the same world. */
  dies(how: 'opened' | 'resumed'): Promise<TestSession>;
}

const compiled = new WeakMap<Runbook, SessionMachine>();

/** Compiles a runbook once: sessions share what never changes. */
export function compiledOf(runbook: Runbook): SessionMachine {
  const known = compiled.get(runbook) ?? compileRunbook(runbook);
  compiled.set(runbook, known);
  return known;
}

/** A session over a world, a clock and a log that a test holds in its hand. */
export async function openTestSession(setting: Setting): Promise<TestSession> {
  const { runbook, how = 'begun', environment = null } = setting;
  const clock = setting.clock ?? fakeClock();
  const world = setting.world ?? openWorld();
  const first = started(runbook, setting.started);
  const rows =
    setting.rows ??
    [first, ...(setting.past ?? [])].map((fact, index) => row(index + 1, fact, 'ada', clock.now().iso));
  const log = memoryLog('session', rows);
  const secrets = setting.secrets ?? [];
  const mask = (text: string): string =>
    secrets.reduce((masked, secret) => masked.replaceAll(secret, '•••'), text);
  const session = openSession({
    compiled: setting.known === undefined ? compiledOf(runbook) : compileRunbook(runbook, setting.known),
    ports: {
      clock,
      log,
      runner: world.runner,
      measurer: world.measurer,
      messenger: world.messenger,
      signatures: world.signatures,
      redactor: {
        text: mask,
        stream: () => ({
          push: (bytes) => new TextEncoder().encode(mask(new TextDecoder().decode(bytes))),
          end: () => new Uint8Array(),
        }),
      },
      changedFiles: async () => world.changed,
      workFolder: '/work',
      ...(setting.evidence === undefined ? {} : { evidence: setting.evidence }),
      ...(setting.drift === undefined ? {} : { drift: setting.drift }),
    },
    inputs: setting.inputs ?? {},
    secrets: new Set(),
    environment,
    env: setting.env ?? {},
    domainNow: () => clock.now().ms,
    usual: {},
    user: 'ada',
  });
  const monitor = setting.monitored === true ? startMonitor(session, () => undefined) : null;
  onTestFinished(() => {
    monitor?.stop();
    session.halt();
  });
  if (how === 'begun') session.begin();
  if (how === 'resumed') session.begin(await recover(session, 'ada', 'taken up again'));
  await settled();

  const at = (step?: string): CurrentStep => {
    const { current } = session.view();
    const found = step === undefined ? current[0] : current.find(({ place }) => place.step === step);
    if (found !== undefined) return found;
    const names = current.map(({ attempt, status }) => `${attempt} ${status}`).join(', ');
    throw new Error(`${step ?? 'no step'} is not at hand; these are: ${names || 'none'}`);
  };
  const facts = () => log.facts().map(({ fact }) => fact);

  return {
    session,
    clock,
    world,
    log,
    at,
    context: session.context,
    record: (step) => newestOf(session.context(), step),
    status: (step) =>
      session
        .view()
        .phases.flatMap(({ steps }) => steps)
        .find(({ id }) => id === step)?.status ?? 'no such step',
    types: () => facts().map(({ type }) => type),
    facts: <Type extends FactType>(type: Type) =>
      facts().filter((fact): fact is FactOf<Type> => fact.type === type),
    say: async (type, words = {}, step) => {
      const intent = { ...spoken(type, () => at(step)), ...words } as Intent;
      const answer = await answerIntent(session, intent, 'ada');
      await settled();
      return answer;
    },
    dies: async (next) => {
      monitor?.stop();
      session.halt();
      await settled();
      return openTestSession({ ...setting, rows: log.facts(), world, clock, how: next });
    },
  };
}

/** An intent with everything in it that lets it through where nothing special is asked for. */
function spoken(type: Intent['type'], current: () => CurrentStep): Intent {
  const step = () => {
    const { place, attempt } = current();
    return { place, attempt };
  };
  const name = () => current().shown?.name ?? null;
  const reason = 'because';
  switch (type) {
    case 'run':
      return { type, ...step(), typed: name() };
    case 'stop_command':
      return { type, ...step(), typed: offered(current(), 'stop_command')?.name ?? null };
    case 'skip':
      return { type, ...step(), reason, override: offered(current(), 'skip')?.override ?? false };
    case 'check_again':
    case 'retry':
      return { type, ...step() };
    case 'route':
      return { type, ...step(), to: offered(current(), 'route')?.to ?? '', reason };
    case 'resolve_doubt':
      return { type, ...step(), as: 'done', reason };
    case 'choose': {
      const option = current().question?.options[0]?.id ?? '';
      return { type, ...step(), option, reason, fields: {}, objection: null };
    }
    case 'go_on':
      return { type, ...step(), reason };
    case 'object':
      return { type, ...step(), text: 'the queue is full' };
    case 'sign':
      return { type, ...step(), signature: '', principal: '' };
    case 'deny':
      return { type, ...step(), reason };
    case 'report':
      return { type, ...step(), text: 'seen', link: null, result: 'pass' };
    case 'type_value':
      return { type, ...step(), value: current().place.step };
    case 'note':
      return { type, text: 'a note' };
    case 'drift':
      return { type, what: 'a hand-made change', target: 'db1' };
    case 'dispose_drift':
      return { type, key: 'drift_1', as: 'codify', reason, owner: null, until: null };
    case 'scope_include':
    case 'scope_exclude':
      return { type, component: '', reason };
    case 'scope_refresh':
      return { type };
    case 'hold':
    case 'abort':
    case 'stop':
      return { type, reason };
    case 'unhold':
    case 'hand_over':
      return { type, to: 'grace' };
    case 'take_command':
      return { type, step: '', owed: '0', name: '' };
    case 'keep_command':
    case 'escalate':
    case 'close':
      return { type };
    case 'override':
      return {
        type,
        reason,
        evidence: [{ kind: 'customer_report', text: 'ticket 7' }],
        system: 'shop@staging',
        second: null,
      };
    case 'prove':
      return { type, signature: '', principal: '' };
    case 'approve_override':
      return { type, key: 'override-1', signature: '', principal: '' };
    case 'tell_event':
      return { type, event: '', at: 'now', source: 'the pipeline' };
    case 'release':
    case 'resend':
      return { type, key: '' };
    case 'waive':
      return { type, key: '', reason };
    case 'told':
      return { type, key: '', how: 'called them' };
    case 'measure_data':
      return { type };
    case 'accept_data':
      return { type, reason, principal: null, signature: null, override: false };
    case 'carry':
      return { type, key: '', reason, owner: 'grace', due: '2026-04-01' };
  }
}

type OfferOf<Type extends CurrentStep['offers'][number]['intent']> = Extract<
  CurrentStep['offers'][number],
  { intent: Type }
>;

const offered = <Type extends CurrentStep['offers'][number]['intent']>(
  { offers }: CurrentStep,
  type: Type,
): OfferOf<Type> | undefined => offers.find((offer): offer is OfferOf<Type> => offer.intent === type);

const started = (
  runbook: Runbook,
  more: Partial<FactOf<'session.started'>> = {},
): FactOf<'session.started'> => ({
  type: 'session.started',
  by: 'ada',
  runbook: {
    id: runbook.id,
    title: runbook.title,
    service: runbook.service,
    hash: runbook.hash,
    file: runbook.file,
    objectiveMs: runbook.objectiveMs,
  },
  mode: 'LIVE',
  environment: 'staging',
  production: false,
  inputs: {},
  speed: 1,
  program: 'walkback 0.1.0',
  review: 'not_required',
  reason: null,
  ...more,
});
