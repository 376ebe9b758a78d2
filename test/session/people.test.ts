import { textToCopy } from '../../src/ui/text/argv.ts';
import { describe, expect, test } from 'vitest';
import type { Runbook } from '../../src/runbook/model.ts';
import type { Step } from '../../src/runbook/model/step.ts';
import type { Probe } from '../../src/runbook/model/values.ts';
import { openWorld, signatureOf, taken } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';
import {
  approveStep,
  bookOfSteps,
  checkOf,
  checkStep,
  confirmStep,
  decideStep,
  endAt,
  endStep,
  expressionOf,
  goTo,
  manualStep,
  opensOf,
  probeOf,
  releaseStep,
  runStep,
  textOf,
} from '../machine/runbook-builder.ts';

const words = checkOf(probeOf('looks', 'looks'), [{ kind: 'words', text: 'nothing is red' }]);

describe('a decision', () => {
  test('is put with the facts of the moment, and its answer leads on', async () => {
    const step = decideStep('way', { back: goTo('go_back'), stay: endAt('not_needed') });
    const runbook: Runbook = {
      ...bookOfSteps(
        step.kind === 'decide' ? { ...step, show: ['errors', 'debts', 'nothing_known'] } : step,
        runStep('other'),
        runStep('go_back'),
        endStep('over'),
      ),
      probes: { errors: probeOf('errors', 'errors') },
    };
    const world = openWorld();
    world.readings['errors'] = 0.08;
    const { at, say, context } = await openTestSession({ runbook, world });

    expect(at().question?.facts).toMatchObject([
      { subject: 'errors', value: '0.08', result: 'pass' },
      { subject: 'debts', value: '0' },
      { subject: 'nothing_known', result: 'unknown', code: 'no_data' },
    ]);
    await say('choose', { option: 'back' });
    expect(at().place.step).toBe('go_back');
    expect(context().decisions).toMatchObject([{ step: 'way', option: 'back', by: 'ada' }]);
  });

  test('refuses an option that is not there, one that is not open, and one whose fields are empty', async () => {
    const { say } = await openTestSession({
      runbook: bookOfSteps(
        decideStep('way', {
          closed: { when: expressionOf('1 > 2') },
          asks: { needs: ['what'] },
          open: 'next',
        }),
        endStep('over'),
      ),
    });

    expect(await say('choose', { option: 'other' })).toMatchObject({ code: 'E_OPTION' });
    expect(await say('choose', { option: 'closed' })).toMatchObject({ code: 'E_CLOSED' });
    expect(await say('choose', { option: 'asks' })).toMatchObject({ code: 'E_FIELDS' });
    expect(await say('choose', { option: 'open' })).toEqual({ ok: true });
  });

  test('against the recommendation needs a reason', async () => {
    const step = decideStep('way', { back: 'next', stay: 'next' });
    const { say, at } = await openTestSession({
      runbook: bookOfSteps(
        step.kind === 'decide' ? { ...step, recommend: expressionOf('"back"') } : step,
        endStep('over'),
      ),
    });

    expect(at().question?.recommended).toBe('back');
    expect(await say('choose', { option: 'stay', reason: null })).toMatchObject({ code: 'E_REASON' });
    expect(await say('choose', { option: 'back', reason: null })).toEqual({ ok: true });
  });

  const waiting = () =>
    openTestSession({
      runbook: bookOfSteps(decideStep('way', { wait: 'again', go: 'next' }), endStep('over')),
    });

  test('to wait asks again then, with the facts of that moment', async () => {
    const { say, at, clock, facts } = await waiting();

    expect(await say('choose', { option: 'wait', fields: { until: 'soon' } })).toMatchObject({
      code: 'E_UNTIL',
    });
    await say('choose', { option: 'wait', fields: { until: '2m' } });
    expect(at().question).toBeNull();
    expect(await say('choose', { option: 'go' })).toMatchObject({ code: 'E_NOT_OFFERED' });

    await clock.advance(119_999);
    expect(facts('question.posed')).toHaveLength(1);
    await clock.advance(1);
    expect(facts('question.posed')).toHaveLength(2);
    await say('choose', { option: 'wait', fields: { until: '1m' } });
    await clock.advance(60_000);
    expect(facts('question.posed')).toHaveLength(3);
    expect(await say('choose', { option: 'go' })).toEqual({ ok: true });
  });

  test('to wait can be asked at once when what it waits for is there sooner', async () => {
    const { say, at, clock, facts } = await waiting();

    await say('choose', { option: 'wait', fields: { until: '10m' } });
    await say('check_again');
    expect(at().question).not.toBeNull();
    await clock.advance(600_000);
    expect(facts('question.posed')).toHaveLength(2);
  });

  test('to wait is asked again after a break too, no earlier than it was said', async () => {
    const first = await waiting();
    await first.say('choose', { option: 'wait', fields: { until: '2m' } });
    await first.clock.advance(60_000);
    const second = await first.dies('resumed');

    expect(second.at().question).toBeNull();
    await second.clock.advance(60_000);
    expect(second.at().question).not.toBeNull();
  });

  test('put before a break is not put twice', async () => {
    const first = await waiting();
    const second = await first.dies('resumed');

    expect(second.facts('question.posed')).toHaveLength(1);
    expect(await second.say('choose', { option: 'go' })).toEqual({ ok: true });
  });
});

describe('an approval', () => {
  const commanders = { id: 'commander', anyone: false, users: ['grace', 'linus', 'ada'], signers: 'signers' };
  const opened = (count = 1, more: Parameters<typeof approveStep>[1] = {}) => {
    const step = approveStep('gate', more);
    const gate: Step = step.kind === 'approve' ? { ...step, approval: { ...step.approval, count } } : step;
    return openTestSession({
      runbook: { ...bookOfSteps(gate, runStep('risky'), endStep('over')), roles: [commanders] },
    });
  };
  const by = (principal: string, request: string | undefined, key?: string) => ({
    principal,
    signature: signatureOf(principal, request ?? '', key),
  });

  test('is asked for over what will be opened, and counts by a signature over exactly that', async () => {
    const { at, say } = await opened();
    const request = at().approval?.request;

    expect(request).toContain('opens: risky');
    expect(request).toContain('requested by: ada');
    expect(await say('sign', by('grace', 'another request'))).toMatchObject({ code: 'E_DENIED' });
    expect(await say('sign', by('grace', request))).toEqual({ ok: true });
    expect(at().place.step).toBe('risky');
  });

  test.each([
    ['somebody without the role', 'mallory', undefined],
    ['the person who asked', 'ada', undefined],
  ])('of %s does not count, and the refusal is on record', async (_who, principal, key) => {
    const { at, say, facts } = await opened();

    expect(await say('sign', by(principal, at().approval?.request, key))).toMatchObject({ code: 'E_DENIED' });
    expect(facts('intent.refused')).toHaveLength(1);
    expect(at().place.step).toBe('gate');
  });

  test('by several takes as many people, each once, each with a key of their own', async () => {
    const { at, say } = await opened(2);
    const request = at().approval?.request;

    await say('sign', by('grace', request));
    expect(at().approval).toMatchObject({ given: ['grace'], needed: 2 });
    expect(await say('sign', by('grace', request, 'another key'))).toMatchObject({ code: 'E_DENIED' });
    expect(await say('sign', by('linus', request, 'key of grace'))).toMatchObject({ code: 'E_DENIED' });
    expect(await say('sign', by('linus', request))).toEqual({ ok: true });
    expect(at().place.step).toBe('risky');
  });

  test('that comes too late is not taken: the request has expired and another one is asked for', async () => {
    const { at, say, clock, facts } = await opened();
    const request = at().approval?.request;

    await clock.advance(600_000);
    expect(facts('approval.expired')).toHaveLength(1);
    expect(facts('approval.requested')).toHaveLength(2);
    expect(await say('sign', by('grace', request))).toMatchObject({ code: 'E_DENIED' });
    expect(await say('sign', by('grace', at().approval?.request))).toEqual({ ok: true });
  });

  test('that expires leads where `on.timeout` says', async () => {
    const { session, clock } = await opened(1, { on: { timeout: endAt('not_possible') } });

    await clock.advance(600_000);
    expect(session.view().outcome).toBe('not_possible');
  });

  test('that is refused is denied, not failed: it leads where `on.denied` says', async () => {
    const { session, say } = await opened(1, { on: { denied: endAt('not_possible') } });

    await say('deny', { reason: 'not in the freeze' });
    expect(session.view().outcome).toBe('not_possible');
  });

  test('that is refused without a route can be asked for again', async () => {
    const { at, say, facts } = await opened();

    await say('deny');
    expect(at()).toMatchObject({ status: 'failed', problem: { code: 'denied' } });
    await say('check_again');
    expect(at().approval?.given).toEqual([]);
    expect(facts('approval.requested')).toHaveLength(2);
  });

  test('is passed over by an override only', async () => {
    const { at, say } = await opened();

    expect(await say('skip', { override: false })).toMatchObject({ code: 'E_REQUIRED' });
    await say('skip', { override: true, reason: 'nobody can be reached' });
    expect(at().place.step).toBe('risky');
  });

  test('asked for before a break is not asked for twice', async () => {
    const first = await opened();
    const second = await first.dies('resumed');

    expect(second.facts('approval.requested')).toHaveLength(1);
    await second.clock.advance(600_000);
    expect(second.facts('approval.requested')).toHaveLength(2);
  });
});

describe('what is typed and reported', () => {
  test('a value is right or is asked for again, and the wrong one is on record', async () => {
    const { say, at, facts, session } = await openTestSession({
      runbook: bookOfSteps(confirmStep('count'), endStep('over')),
    });

    expect(await say('type_value', { value: '42' })).toMatchObject({ code: 'E_VALUE' });
    expect(at().problem).toMatchObject({ code: 'mismatch' });
    expect(await say('type_value', { value: ' count ' })).toEqual({ ok: true });
    expect(facts('value.typed').map(({ matches }) => matches)).toEqual([false, true]);
    expect(session.view().status).toBe('closed');
  });

  test('work by hand asks for what was seen, not for a tick', async () => {
    const { say, at, context } = await openTestSession({
      runbook: bookOfSteps(
        manualStep('look', null, { readOnly: true, evidence: { text: 'required', link: 'required' } }),
        endStep('over'),
      ),
    });

    expect(at()).toMatchObject({ status: 'performing', evidence: { text: 'required' } });
    expect(await say('report', { text: '' })).toMatchObject({ code: 'E_EVIDENCE' });
    expect(await say('report', { text: 'all green' })).toMatchObject({ code: 'E_EVIDENCE' });
    expect(await say('report', { text: 'all green', link: 'https://graphs' })).toEqual({ ok: true });
    expect(context().settled['look']?.answer).toBe('all green');
  });

  test('work by hand that went wrong has failed; one that is unclear is unknown', async () => {
    const { say, at } = await openTestSession({
      runbook: bookOfSteps(manualStep('look', 'turns the valve'), endStep('over')),
    });

    await say('report', { result: 'fail', text: 'the valve is stuck' });
    expect(at()).toMatchObject({ status: 'failed', problem: { detail: 'the valve is stuck' } });
    await say('retry');
    await say('report', { result: 'unknown' });
    expect(at().status).toBe('unknown');
  });

  test('a number that a person reads off something is held to its tolerance, whatever they call it', async () => {
    const count: Probe = { ...probeOf('count'), source: { kind: 'ask', text: textOf('How many orders?') } };
    const { say, at, session } = await openTestSession({
      runbook: bookOfSteps(
        checkStep('look', {}, checkOf(count, [{ kind: 'compare', op: '>', value: 10 }])),
        endStep('over'),
      ),
    });

    expect(at().shown).toMatchObject({ body: 'How many orders?', good: '> 10 from “How many orders?”' });
    for (const text of ['7', '', 'plenty'])
      expect(await say('report', { result: 'pass', text })).toMatchObject({ code: 'E_VALUE' });
    expect(await say('report', { result: 'pass', text: '11' })).toEqual({ ok: true });
    expect(session.view().outcome).toBe('rolled_back');
  });

  test('a text for a browser or a chat is shown to be copied, starts no process, and is reported', async () => {
    const step = manualStep('open', 'in the browser');
    const { say, at, session, world } = await openTestSession({
      runbook: bookOfSteps(step.kind === 'manual' ? { ...step, hand: 'browser' } : step, endStep('over')),
    });

    const { shown } = at();
    expect(shown).toMatchObject({ argv: null, where: 'browser', body: 'Do open.' });
    expect(textToCopy(shown)).toBe('Do open.');
    expect(at().offers.map(({ intent }) => intent)).toEqual(['report', 'skip']);
    await say('report', { result: 'pass' });
    expect(session.view().outcome).toBe('rolled_back');
    expect(world.ran).toEqual([]);
  });

  test('a check in words is judged by a person', async () => {
    const { say, at, session } = await openTestSession({
      runbook: bookOfSteps(checkStep('look', {}, words), endStep('over')),
    });

    expect(at().offers.map(({ intent }) => intent)).toEqual(['report', 'skip']);
    await say('report', { result: 'pass' });
    expect(session.view().outcome).toBe('rolled_back');
  });

  test('a change that is verified in words asks a person after what is measured has passed', async () => {
    const world = openWorld();
    world.readings['rows'] = taken(3);
    const measured = checkOf(probeOf('rows', 'rows'), [{ kind: 'equals', value: 3 }]);
    const { say, at, session, facts } = await openTestSession({
      runbook: bookOfSteps(runStep('swap', { verify: [measured, words] }), endStep('over')),
      world,
    });

    await say('run');
    expect(at()).toMatchObject({ status: 'verifying', offers: [{ intent: 'report' }] });
    await say('report', { result: 'fail', text: 'the graph is red' });
    expect(at().status).toBe('failed');

    world.readings['rows'] = taken(4);
    await say('retry');
    await say('run');
    expect(at()).toMatchObject({ status: 'failed', problem: { code: 'check_not_as_expected' } });
    expect(facts('person.reported')).toHaveLength(1);

    world.readings['rows'] = taken(3);
    await say('retry');
    await say('run');
    await say('report', { result: 'pass' });
    expect(session.view().outcome).toBe('rolled_back');
  });

  test('a debt whose proof is in words is proved by a person', async () => {
    const { say, session, facts, context } = await openTestSession({
      runbook: bookOfSteps(
        runStep('freeze', { opens: opensOf('writes', { proof: words }) }),
        releaseStep('give_back', ['writes']),
        endStep('over'),
      ),
    });

    await say('run');
    await say('run');
    await say('report', { result: 'pass', text: 'writes arrive' });
    expect(context().obligations['writes']?.state).toBe('proved');
    expect(facts('obligation.discharged')).toMatchObject([
      { by: 'ada', how: 'proved', reason: 'writes arrive' },
    ]);
    expect(session.view().status).toBe('closed');
  });

  test('a secret pasted into a text is masked before it is recorded', async () => {
    const { say, facts } = await openTestSession({
      runbook: bookOfSteps(runStep('swap'), endStep('over')),
      secrets: ['hunter2'],
    });

    await say('note', { text: 'the password is hunter2' });
    await say('skip', { reason: 'hunter2 is wrong' });
    expect(facts('note.added')[0]?.text).toBe('the password is •••');
    expect(facts('operator.skipped')[0]?.reason).toBe('••• is wrong');
  });
});
