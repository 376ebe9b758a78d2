import { describe, expect, test } from 'vitest';
import { answerIntent } from '../../src/session/answer.ts';
import type { Intent } from '../../src/session/intents.ts';
import { approveStep, bookOfSteps, endStep, opensOf, runStep } from '../machine/runbook-builder.ts';
import { settled } from './fake-clock.ts';
import { signatureOf } from './fake-world.ts';
import type { TestSession } from './open-test-session.ts';
import { openTestSession } from './open-test-session.ts';

async function as(opened: TestSession, by: string, intent: Intent) {
  const answer = await answerIntent(opened.session, intent, by);
  await settled();
  return answer;
}

const take = (step: string, owed: string, name = ''): Intent => ({ type: 'take_command', step, owed, name });

async function offered() {
  const opened = await openTestSession({
    runbook: bookOfSteps(
      runStep('freeze', { opens: opensOf('writes') }),
      runStep('swap'),
      runStep('more'),
      endStep('over'),
    ),
  });
  await opened.say('run');
  await opened.say('note', { text: 'the DBA is on the line' });
  await opened.say('hand_over', { to: 'grace' });
  return opened;
}

describe('handing over command', () => {
  test('gives a briefing of what was done, what is next, owed and decided, and what is open', async () => {
    const { session } = await offered();

    const briefing = session.view().command?.offer?.briefing ?? [];
    expect(briefing.find((line) => line.startsWith('next'))).toContain('(swap)');
    expect(briefing.find((line) => line.startsWith('owed'))).toContain('writes');
    expect(briefing).toContain('decided: nothing');
    expect(briefing).toContain('open question: note by ada: the DBA is on the line');
    expect(session.view().command).toMatchObject({ commander: 'ada', offer: { by: 'ada', to: 'grace' } });
  });

  test('passes only to who was named, and only once they have read back where things stand', async () => {
    const opened = await offered();

    expect(await as(opened, 'linus', take('swap', '1'))).toMatchObject({ code: 'E_NOT_YOU' });
    expect(await as(opened, 'grace', take('freeze', '1'))).toMatchObject({ code: 'E_READ_BACK' });
    expect(await as(opened, 'grace', take('swap', '0'))).toMatchObject({ code: 'E_READ_BACK' });
    expect(opened.session.view().command?.commander).toBe('ada');
    expect(await as(opened, 'grace', take('swap', '1'))).toEqual({ ok: true });
    expect(opened.session.view().command).toMatchObject({ commander: 'grace', offer: null });
    expect(opened.facts('handover.accepted')).toMatchObject([
      { from: 'ada', to: 'grace', readBack: { step: 'swap', owed: 1 } },
    ]);
  });

  test('counts what stands now, not what stood in the briefing', async () => {
    const opened = await offered();
    await opened.say('run');

    expect(await as(opened, 'grace', take('swap', '1'))).toMatchObject({ code: 'E_READ_BACK' });
    expect(await as(opened, 'grace', take('more', '1'))).toEqual({ ok: true });
  });

  test('at one machine account takes the name of the next person', async () => {
    const opened = await offered();

    expect(await as(opened, 'ada', take('swap', '1'))).toMatchObject({ code: 'E_NOT_YOU' });
    expect(await as(opened, 'linus', take('swap', '1', 'grace'))).toMatchObject({ code: 'E_NOT_YOU' });
    expect(await as(opened, 'ada', take('swap', '1', 'grace'))).toEqual({ ok: true });
    expect(opened.facts('handover.accepted')).toMatchObject([{ by: 'ada', to: 'grace' }]);
  });

  test('can be withdrawn, and then nobody takes it', async () => {
    const opened = await offered();
    await opened.say('keep_command');

    expect(await as(opened, 'grace', take('swap', '1'))).toMatchObject({ code: 'E_NO_OFFER' });
    expect(opened.session.view().command?.commander).toBe('ada');
  });

  test('is still offered after a crash', async () => {
    const next = await (await offered()).dies('resumed');

    expect(next.session.view().command?.offer?.to).toBe('grace');
  });

  test('makes the next commander one of those who asked: they approve nothing of it', async () => {
    const opened = await openTestSession({
      runbook: {
        ...bookOfSteps(runStep('first'), approveStep('gate'), runStep('risky'), endStep('over')),
        roles: [{ id: 'commander', anyone: false, users: ['grace', 'linus'], signers: 'signers' }],
      },
    });
    await opened.say('hand_over', { to: 'grace' });
    await as(opened, 'grace', take('first', '0'));
    await opened.say('run');
    const request = opened.at().approval?.request ?? '';

    expect(request).toContain('requested by: ada, grace');
    expect(
      await opened.say('sign', { principal: 'grace', signature: signatureOf('grace', request) }),
    ).toMatchObject({ code: 'E_DENIED' });
    expect(
      await opened.say('sign', { principal: 'linus', signature: signatureOf('linus', request) }),
    ).toEqual({ ok: true });
  });
});
