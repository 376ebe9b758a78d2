import { examineAny } from '../../src/cli/load.ts';
import type { Environment, Runbook } from '../../src/runbook/model.ts';
import type { Json, Probe } from '../../src/runbook/model/values.ts';
import type { DriftKeeper, Measured, Measurer } from '../../src/session/ports.ts';
import { postmortemDebt } from '../../src/session/postmortem-duty.ts';
import { signatureOf, taken, type World } from '../session/fake-world.ts';
import { openTestSession, type Setting, type TestSession } from '../session/open-test-session.ts';
import { shipped } from './stage.ts';

/** A shipped runbook, and sessions of it in one of its environments over a world that a test holds in its hand. */
export interface Shipped {
  readonly runbook: Runbook;
  /** Values of that environment, as they ship. */
  readonly env: Readonly<Record<string, Json>>;
  open(world: World, more?: Partial<Setting>): Promise<TestSession>;
}

export function loadShipped(name: string, environmentId: string): Shipped {
  const { loaded } = examineAny(shipped(`${name}.yaml`));
  if (!loaded.ok) throw new Error(`${name}.yaml does not load`);
  const { runbook } = loaded;
  const environment = runbook.environments.find(({ id }) => id === environmentId);
  if (environment === undefined) throw new Error(`${name}.yaml has no environment ${environmentId}`);
  const env = valuesOf(environment);
  return {
    runbook,
    env,
    open: (world, more = {}) =>
      openTestSession({
        runbook,
        world,
        environment,
        env,
        drift: nobodyElse,
        ...more,
      }),
  };
}

/** Nobody changes anything by hand: what is looked at is always the same. */
const nobodyElse: DriftKeeper = {
  look: async () => ({ ok: true, sum: 'same', file: 'same', bytes: 4, absent: false }),
  difference: () => ({ patch: '', summary: '' }),
};

const valuesOf = ({ values }: Environment): Readonly<Record<string, Json>> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'object' ? String(value.parts[0]) : value,
    ]),
  );

/** Series of a world: what `valueAt` says of a probe at each moment that is asked for. */
export const seriesOf =
  (valueAt: (probe: Probe, atMs: number) => number): Measurer['series'] =>
  async (probe, _fill, { fromMs, toMs, stepMs }) =>
    Array.from({ length: Math.floor((toMs - fromMs) / stepMs) + 1 }, (_, nth): readonly [number, number] => {
      const atMs = fromMs + nth * stepMs;
      return [atMs, valueAt(probe, atMs)];
    });

export const exits = (exit: number, text = ''): Measured => ({ ...taken(text), exit }) as Measured;

/**
 * Does what is at hand until the session is over, or the step named in `until` is. Decisions and typed values that
 * `answers` does not name are as recommended, approvals are grace's; a step that failed where the runbook leads nowhere is an error.
 */
export async function walk(
  session: TestSession,
  answers: Readonly<Record<string, string>> = {},
  until = '',
): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) {
    const view = session.session.view();
    if (view.status === 'closed' || view.status === 'ended') return;
    const here = view.current.find(({ offers }) => offers.length > 0);
    const step = here?.place.step ?? '';
    if (here !== undefined && step === until) return;
    const can = (intent: string): boolean => here?.offers.some((offer) => offer.intent === intent) === true;
    const { request = null } = view.data ?? {};
    // a window or a trigger that is not read yet denies: time has to pass
    if (here === undefined || view.denial?.step === step) await session.clock.advance(5_000);
    else if (can('choose')) {
      const option = answers[step] ?? here.question?.recommended ?? here.question?.options[0]?.id ?? '';
      await session.say('choose', { option }, step);
    } else if (here.approval !== null && here.status !== 'ready')
      await session.say(
        'sign',
        {
          principal: answers[step] ?? 'grace',
          signature: signatureOf(answers[step] ?? 'grace', here.approval.request),
        },
        step,
      );
    else if (request !== null)
      await session.say('accept_data', { principal: 'grace', signature: signatureOf('grace', request) });
    else if (can('type_value')) await session.say('type_value', { value: answers[step] ?? '' }, step);
    else if (can('report')) await session.say('report', { text: answers[step] ?? 'as written' }, step);
    else if (can('run')) await session.say('run', {}, step);
    else if (here.status === 'failed' || here.status === 'unknown')
      throw new Error(`${step} ${here.status}: ${here.problem?.detail ?? ''}`);
    else await session.clock.advance(5_000);
  }
  const left = session.session.view().current.map(({ attempt, status }) => `${attempt} ${status}`);
  const { denial } = session.session.view();
  if (denial !== null) left.push(...denial.blocks.map(({ text }) => text));
  throw new Error(`not at an end: ${left.join(', ')}`);
}

/** The words of each command that ran, in order, as many of each as asked for. */
export const commandsOf = ({ world }: TestSession, words = 4): readonly string[] =>
  [...world.argv.values()].map((argv) => argv.slice(0, words).join(' '));

/**
 * What is not given back: its state, and its title. A session that failed owes its post-mortem besides: where it does not,
 * that is named.
 */
export const owedBy = ({ session }: TestSession): readonly string[] => {
  const { obligations, outcome, status } = session.view();
  const failed = status === 'closed' && (outcome === 'aborted' || outcome === 'not_possible');
  const owesStory = obligations.some(({ key, state }) => key === postmortemDebt && state === 'carried');
  return [
    ...obligations
      .filter(({ state, key }) => state !== 'proved' && key !== postmortemDebt)
      .map(({ title, state }) => `${state}: ${title}`),
    ...(failed && !owesStory ? ['its post-mortem is missing'] : []),
  ];
};
