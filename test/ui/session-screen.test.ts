import { describe, expect, test } from 'vitest';
import {
  decisionStep,
  freshPhases,
  liveOf,
  openFakeClient,
  shownOf,
  stepOf,
  viewAt,
  viewOf,
  waysOn,
} from './fake-client.ts';
import { openTestScreen } from './draw.ts';

const fresh = { phases: freshPhases };
const name = { intent: 'run', confirm: 'name', name: 'shop@db1' } as const;

describe('running a step', () => {
  test('takes r and then y, and nothing else', () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.calmly('enter', 'y');
    expect(screen.client.sent).toEqual([]);
    screen.calmly('r');
    expect(screen.text()).toContain('Run it exactly as shown above?');
    screen.calmly('enter', 'y');
    expect(screen.client.sent).toEqual([
      { type: 'run', place: { step: 'schema_down', item: '' }, attempt: 'schema_down#1', typed: null },
    ]);
  });

  test('shows the exact command again above the question', () => {
    const screen = openTestScreen({
      view: viewAt({ shown: shownOf({ argv: ['psql', '-c', 'delete from coupons where id > 41'] }) }, fresh),
    });
    screen.calmly('r');
    expect(screen.text()).toContain(`psql -c 'delete from coupons where id > 41'`);
    expect(screen.text()).toContain('NO WAY BACK');
  });

  test('is not confirmed by a y that was typed ahead', () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.wait(500);
    screen.press('r', 'y');
    expect(screen.client.sent).toEqual([]);
    expect(screen.text()).toContain('keys are ignored for a moment');
  });

  test('asks for the typed name at a severe step and takes no other', () => {
    const screen = openTestScreen({ view: viewAt({ offers: [name] }, fresh) });
    screen.calmly('r');
    screen.wait(500);
    screen.type('shop@db2');
    screen.calmly('enter');
    expect(screen.text()).toContain('What is typed is not shop@db1.');
    screen.calmly('y');
    expect(screen.client.sent).toEqual([]);
    screen.calmly('backspace', 'backspace', '1', 'enter', 'y');
    expect(screen.client.sent).toMatchObject([{ type: 'run', typed: 'shop@db1' }]);
  });

  test('does not take the name from a paste', () => {
    const screen = openTestScreen({ view: viewAt({ offers: [name] }, fresh) });
    screen.calmly('r');
    screen.wait(500);
    screen.store.paste('shop@db1');
    expect(screen.text()).toContain('pasting it is not accepted');
    screen.calmly('enter', 'y');
    expect(screen.client.sent).toEqual([]);
  });

  test('is called off where the step changes under the question', () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.calmly('r');
    screen.client.show(viewAt({ attempt: 'switch#1' }, fresh));
    expect(screen.text()).toContain('nothing was sent');
    screen.press('y');
    expect(screen.client.sent).toEqual([]);
  });

  test('shows why it was refused and what to do instead', async () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.client.answer(() => ({
      ok: false,
      code: 'E_GUARD',
      message: 'the guard failed',
      next: 'Check the replica first.',
    }));
    screen.calmly('r', 'y');
    await screen.settle();
    expect(screen.text()).toContain('the guard failed (E_GUARD) Check the replica first.');
  });
});

describe('the dead time', () => {
  test('drops keys after every change of the current step, and each key starts it again', () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.wait(500);
    screen.client.show(viewAt({ attempt: 'switch#1', title: 'Switch the app' }, fresh));
    expect(screen.text()).toContain('The step changed: keys are ignored for a moment');
    screen.wait(300);
    screen.press('r');
    screen.wait(300);
    screen.press('r');
    expect(screen.text()).not.toContain('Run it exactly');
    screen.wait(450);
    expect(screen.text()).toContain('Waits for you');
    screen.press('r');
    expect(screen.text()).toContain('Run it exactly');
  });

  test('never holds up reading and leaving', () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.client.show(viewAt({ attempt: 'switch#1' }, fresh));
    screen.press('ctrl+c');
    expect(screen.text()).toContain('Ctrl-C: what now?');
  });
});

describe('a decision', () => {
  test('docks without taking the keyboard, and rings once', () => {
    const screen = openTestScreen({ view: viewAt({ status: 'performing', offers: [] }, fresh) });
    let bells = 0;
    screen.store.attachTerminal({
      write: (bytes) => void (bells += bytes.split('\u0007').length - 1),
      suspend: (meanwhile) => meanwhile(),
    });
    screen.client.show(viewAt(decisionStep(), fresh));
    screen.wait(500);
    expect(screen.text()).toContain('A decision waits: a opens it');
    screen.client.showLive(liveOf());
    expect(bells).toBe(1);
    screen.press('y', 'enter', '2');
    expect(screen.client.sent).toEqual([]);
  });

  test('waits and docks also while its step counts as performing', () => {
    const screen = openTestScreen({ view: viewAt({ status: 'performing', offers: [] }, fresh) });
    screen.client.show(
      viewAt({ ...decisionStep(), status: 'performing', startedAt: '2026-03-01T18:06:00.000Z' }, fresh),
    );
    expect(screen.text()).toContain('keys are ignored for a moment');
    screen.wait(1000);
    expect(screen.text()).toContain('A decision waits: a opens it');
    expect(screen.text()).toContain('waits for an answer, 00:13 so far');
    expect(screen.text()).not.toContain('running');
  });

  test('shows facts with the reason of what is unknown, the options in order, and the recommendation', () => {
    const screen = openTestScreen({ view: viewAt(decisionStep(), fresh) });
    screen.calmly('a');
    const text = screen.text();
    expect(text).toContain('unknown: no_data');
    expect(text).toContain('recommended: Roll back to 1.9.3, because errors FIRED for 6 minutes');
    expect(text.indexOf('1 Switch the flag off')).toBeLessThan(text.indexOf('2 Roll back'));
    expect(text).toMatch(/Switch the flag off  not offered[\s│]+no flag covers it/);
  });

  test('takes the recommended option without a reason', () => {
    const screen = openTestScreen({ view: viewAt(decisionStep(), fresh) });
    screen.calmly('a', 'enter', 'enter', 'enter', 'y');
    expect(screen.client.sent).toMatchObject([
      { type: 'choose', option: 'rollback', reason: null, fields: {}, objection: null },
    ]);
  });

  test('a paste answers no question: only a typed y does', () => {
    const screen = openTestScreen({ view: viewAt(decisionStep(), fresh) });
    screen.calmly('a', 'enter', 'enter', 'enter');
    screen.store.paste('y\n');
    expect(screen.text()).toContain('Pasted text answers nothing.');
    expect(screen.client.sent).toEqual([]);
  });

  test('keeps who else was asked, which Enter goes past and Down leads to', () => {
    const screen = openTestScreen({ view: viewAt(decisionStep(), fresh) });
    screen.calmly('a', 'enter', 'enter');
    expect(screen.text()).toContain('who else was asked, with commas');
    screen.press('down');
    screen.type('eva, the DBA\r');
    screen.calmly('y');
    expect(screen.client.sent).toMatchObject([
      { type: 'choose', option: 'rollback', objection: null, consulted: 'eva, the DBA' },
    ]);
  });

  test('asks for a reason and for what the option needs when it goes against the recommendation', () => {
    const screen = openTestScreen({ view: viewAt(decisionStep(), fresh) });
    screen.calmly('a', '3', 'enter');
    expect(screen.text()).toContain('This goes against the recommendation');
    screen.press('enter');
    expect(screen.text()).toContain('what: please fill this in.');
    screen.type('the canary\r18:30\rnot sure yet\reva objects\r');
    screen.calmly('y');
    expect(screen.client.sent).toMatchObject([
      {
        type: 'choose',
        option: 'wait',
        reason: 'not sure yet',
        objection: 'eva objects',
        fields: { what: 'the canary', until: '18:30' },
      },
    ]);
  });

  test('comes back as it was filled in where the session refuses it', async () => {
    const screen = openTestScreen({ view: viewAt(decisionStep(), fresh) });
    screen.client.answer(() => ({ ok: false, code: 'E_UNTIL', message: 'Say until when.', next: 'Again.' }));
    screen.calmly('a', '3', 'enter');
    screen.type('the canary\rtomorrowish\rnot sure yet\r\r');
    screen.calmly('y');
    await screen.settle();
    expect(screen.text()).toContain('Say until when. Again.');
    expect(screen.text()).toContain('the canary');
    expect(screen.text()).toContain('not sure yet');
  });

  test('does not open an option that is not offered', () => {
    const screen = openTestScreen({ view: viewAt(decisionStep(), fresh) });
    screen.calmly('a', '1', 'enter');
    expect(screen.text()).toContain('Switch the flag off: no flag covers it');
  });
});

describe('other cards', () => {
  test('in doubt: three answers, each with a reason', () => {
    const view = viewAt(
      {
        status: 'in_doubt',
        offers: [{ intent: 'resolve_doubt' }],
        startedAt: '2026-03-01T18:02:00.000Z',
        problem: { code: 'no_outcome', detail: 'the machine restarted' },
        probe: {
          subject: 'schema_version',
          result: 'unknown',
          value: null,
          expected: '41',
          code: 'timeout',
          detail: 'after 5 s',
          unit: null,
        },
      },
      fresh,
    );
    const screen = openTestScreen({ view });
    screen.calmly('a');
    expect(screen.text()).toContain('Started at 18:02Z');
    expect(screen.text()).toContain('unknown: timeout');
    screen.calmly('2', 'enter');
    screen.type('the log ends before it\r');
    screen.calmly('y');
    expect(screen.client.sent).toMatchObject([
      { type: 'resolve_doubt', as: 'not_done', reason: 'the log ends before it' },
    ]);
  });

  test('in doubt: where the probe says that it did not happen, that answer is at hand', () => {
    const probe = {
      subject: 'schema_version',
      result: 'fail',
      value: '5',
      expected: '2',
      code: 'not_as_expected',
      detail: '5 is not 2',
      unit: null,
    } as const;
    const view = viewAt({ status: 'in_doubt', offers: [{ intent: 'resolve_doubt' }], probe }, fresh);
    const screen = openTestScreen({ view });
    screen.calmly('a', 'enter');
    screen.type('the probe reads 5\r');
    screen.calmly('y');
    expect(screen.client.sent).toMatchObject([{ type: 'resolve_doubt', as: 'not_done' }]);
  });

  test('an approval is a signature: a bare name approves nothing', () => {
    const view = viewAt(
      {
        kind: 'approve',
        offers: [{ intent: 'sign' }],
        approval: {
          type: 'approval.requested',
          place: { step: 'ok', item: '' },
          attempt: 'schema_down#1',
          request: 'session s-1\nstep ok\nRoll the shop back to 1.9.3\n',
          digest: 'sha256:0123456789abcdef',
          expiresAt: '2026-03-01T19:00:00.000Z',
          given: [],
          needed: 1,
          role: 'commander',
        },
      },
      fresh,
    );
    const screen = openTestScreen({ view });
    screen.calmly('a');
    expect(screen.text()).toContain('Roll the shop back to 1.9.3');
    expect(screen.text()).toMatch(/walkback approve \S*approval-0123456789ab\.txt/);
    screen.calmly('1', 'enter');
    screen.type('eva\r');
    screen.calmly('enter', 'y');
    expect(screen.client.sent).toEqual([]);
    screen.calmly('escape', '2', 'enter');
    screen.type('too early\r');
    screen.calmly('y');
    expect(screen.client.sent).toMatchObject([{ type: 'deny', reason: 'too early' }]);
  });

  test('a failed step offers its ways on, and always one', () => {
    const screen = openTestScreen({
      view: viewAt(
        { status: 'failed', offers: waysOn, problem: { code: 'exit_1', detail: 'constraint violated' } },
        fresh,
      ),
    });
    expect(screen.text()).toContain('FAILED  exit_1: constraint violated');
    screen.calmly('a');
    for (const way of [
      'retry the step',
      'check again',
      'go forward instead',
      'override',
      'escalate',
      'abort through undo',
    ]) {
      expect(screen.text()).toContain(way);
    }
    screen.calmly('3', 'enter');
    screen.type('data is already new\r');
    screen.calmly('y');
    expect(screen.client.sent).toMatchObject([
      { type: 'route', to: 'forward', reason: 'data is already new' },
    ]);
  });

  test('a manual step is reported with text, link and a result that was chosen', () => {
    const screen = openTestScreen({
      view: viewAt(
        {
          kind: 'manual',
          offers: [{ intent: 'report' }],
          shown: shownOf({ argv: null, ponr: null, body: 'Tell support.' }),
        },
        fresh,
      ),
    });
    screen.calmly('a');
    screen.wait(500);
    screen.type('told them\r\r');
    screen.press('enter');
    expect(screen.text()).toContain('choose one with the arrow keys');
    screen.press('right', 'enter');
    screen.calmly('y');
    expect(screen.client.sent).toMatchObject([
      { type: 'report', text: 'told them', link: null, result: 'pass' },
    ]);
  });

  test('a value is typed, and may be pasted', () => {
    const screen = openTestScreen({
      view: viewAt({ kind: 'confirm', offers: [{ intent: 'type_value' }] }, fresh),
    });
    screen.calmly('a');
    screen.wait(500);
    screen.store.paste('1.9.3\n');
    expect(screen.client.sent).toEqual([]);
    screen.calmly('enter', 'y');
    expect(screen.client.sent).toMatchObject([{ type: 'type_value', value: '1.9.3' }]);
  });

  test('a note is written at any time, also while the step changes', async () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.wait(500);
    screen.press('n');
    screen.type('graph looks');
    screen.client.show(viewAt({ attempt: 'switch#1' }, fresh));
    screen.type(' odd\r');
    expect(screen.client.sent).toEqual([{ type: 'note', text: 'graph looks odd' }]);
    await screen.settle();
    expect(screen.text()).toContain('Note: recorded');
  });

  test('drift names what and where', () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.calmly('d');
    screen.type('raised the pool\rdb1\r');
    expect(screen.client.sent).toEqual([{ type: 'drift', what: 'raised the pool', target: 'db1' }]);
  });

  test('s never overrides: an override is another key and asks for a reason', () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.calmly('s');
    expect(screen.text()).not.toContain('reason');
    screen.calmly('o');
    screen.wait(500);
    screen.press('enter');
    expect(screen.text()).toContain('reason: please fill this in.');
    screen.type('verified by hand\r');
    screen.calmly('y');
    expect(screen.client.sent).toMatchObject([{ type: 'skip', override: true, reason: 'verified by hand' }]);
  });
});

describe('leaving', () => {
  test('lists every debt with the command that closes it', () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.calmly('q');
    expect(screen.text()).toContain('$ shopctl writes thaw');
    expect(screen.text()).toContain('$ amtool silence expire b7c1');
    screen.calmly('enter');
    expect(screen.text()).not.toContain('Still owed');
  });

  test('by hammering Ctrl-C only detaches and kills nothing', async () => {
    const screen = openTestScreen({
      view: viewAt(
        { status: 'performing', offers: [{ intent: 'stop_command', confirm: 'name', name: 'shop@db1' }] },
        fresh,
      ),
    });
    screen.press('ctrl+c', 'ctrl+c', 'ctrl+c', 'ctrl+c');
    await expect(screen.store.left).resolves.toBe('detached');
    expect(screen.client.sent).toEqual([]);
  });

  test('kills a severe command only with the typed name', () => {
    const screen = openTestScreen({
      view: viewAt(
        { status: 'performing', offers: [{ intent: 'stop_command', confirm: 'name', name: 'shop@db1' }] },
        fresh,
      ),
    });
    screen.calmly('ctrl+c', '4', 'enter');
    screen.type('shop@db1\r');
    screen.calmly('y');
    expect(screen.client.sent).toMatchObject([{ type: 'stop_command', typed: 'shop@db1' }]);
  });

  test('after a stop waits for the step that runs', async () => {
    const screen = openTestScreen({ view: viewAt({ status: 'performing', offers: [] }, fresh) });
    let left: string | null = null;
    void screen.store.left.then((how) => (left = how));
    screen.calmly('ctrl+c', '3', 'enter');
    screen.type('shift ends\r');
    screen.calmly('y');
    await screen.settle();
    expect(screen.client.sent).toEqual([{ type: 'stop', reason: 'shift ends' }]);
    expect(left).toBeNull();
    screen.client.show(viewAt({ attempt: 'switch#1' }, fresh));
    await screen.settle();
    expect(left).toBe('stop');
  });

  test('closes an ended session that owes nothing', async () => {
    const view = viewOf({
      status: 'ended',
      outcome: 'rolled_back',
      current: [],
      obligations: [],
      endedAt: '2026-03-01T18:06:00.000Z',
    });
    const screen = openTestScreen({ view });
    expect(screen.text()).toContain('ROLLED BACK');
    expect(screen.text()).toContain('walkback export s-0301-1800');
    screen.calmly('q');
    expect(screen.client.sent).toEqual([{ type: 'close' }]);
    await screen.settle();
    screen.client.show({ ...view, status: 'closed' });
    screen.calmly('q');
    await expect(screen.store.left).resolves.toBe('ended');
  });

  test('of an ended session with debts leads to what can be done about them', async () => {
    const screen = openTestScreen({
      view: viewOf({
        status: 'ended',
        outcome: 'rolled_back',
        current: [],
        endedAt: '2026-03-01T18:06:00.000Z',
      }),
    });
    expect(screen.text()).toContain('3 owed: the session closes when');
    screen.calmly('b', 'r', 'y');
    expect(screen.client.sent).toEqual([{ type: 'release', key: 'freeze#1' }]);
    await screen.settle();
    screen.calmly('b', 'j', 'enter', '2', 'enter');
    screen.type('ops\r2026-03-02T12:00:00Z\rnobody awake\r');
    screen.calmly('y');
    expect(screen.client.sent[1]).toEqual({
      type: 'carry',
      key: 'alerts#1',
      owner: 'ops',
      due: '2026-03-02T12:00:00Z',
      reason: 'nobody awake',
    });
  });

  test('says so when the host is lost', async () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.client.end('lost');
    await expect(screen.store.left).resolves.toBe('lost');
  });
});

describe('coming back', () => {
  test('after a re-attach tells what was done, what is next and what is owed before any key counts', () => {
    const screen = openTestScreen();
    for (const words of [
      'where this session stands',
      'transform rows: done, 37 of 37',
      'Take the schema back to 41',
      'shopctl writes thaw',
    ]) {
      expect(screen.text()).toContain(words);
    }
    screen.press('r');
    expect(screen.text()).not.toContain('where this session stands');
    expect(screen.text()).not.toContain('Run it exactly');
  });

  test('after a minute without a key tells what went on, and only if something did', () => {
    const screen = openTestScreen({ view: viewAt({}, { ...fresh, revision: 1 }) });
    screen.press('j');
    screen.wait(70_000);
    expect(screen.text()).not.toContain('while you were away');
    screen.client.show(
      viewAt(
        { attempt: 'switch#1' },
        { ...fresh, revision: 2, last: { at: '2026-03-01T18:07:00.000Z', text: 'schema down: done' } },
      ),
    );
    screen.wait(61_000);
    expect(screen.text()).toContain('while you were away');
    expect(screen.text()).toContain('schema down: done');
    screen.press('r');
    expect(screen.text()).not.toContain('while you were away');
    expect(screen.text()).not.toContain('Run it exactly');
  });

  test('while nobody answers the bell repeats and the alarm runs', () => {
    const alarms: string[] = [];
    const screen = openTestScreen({
      view: viewAt({}, fresh),
      options: { notify: (text) => void alarms.push(text) },
    });
    screen.wait(59_000);
    expect(alarms).toEqual([]);
    screen.wait(62_000);
    expect(alarms).toEqual([
      'Take the schema back to 41: waits for an answer',
      'Take the schema back to 41: waits for an answer',
    ]);
  });
});

describe('output', () => {
  const performing = viewAt(
    { status: 'performing', startedAt: '2026-03-01T18:06:00.000Z', offers: [] },
    fresh,
  );
  const lines = (from: number, to: number): readonly string[] =>
    Array.from({ length: to - from }, (_, at) => `line ${from + at}`);

  test('follows, stops following when scrolled, and says how much is new', () => {
    const screen = openTestScreen({ view: performing });
    screen.client.print('schema_down#1', lines(0, 200));
    screen.wait(200);
    expect(screen.text()).toContain('line 199');
    screen.press('k', 'k');
    screen.client.print('schema_down#1', lines(200, 320));
    screen.wait(200);
    expect(screen.text()).not.toContain('line 319');
    expect(screen.text()).toContain('▼ 122 new lines, f follows');
    screen.press('f');
    expect(screen.text()).toContain('line 319');
    expect(screen.text()).toContain('following');
  });

  test('is searched, and the matches are walked through both ways', () => {
    const screen = openTestScreen({ view: performing });
    screen.client.print('schema_down#1', [
      ...lines(0, 100),
      'ERROR one',
      ...lines(100, 200),
      'ERROR two',
      ...lines(200, 300),
    ]);
    screen.wait(200);
    screen.press('/');
    screen.type('error\r');
    expect(screen.text()).toContain('match 2 of 2');
    expect(screen.text()).toContain('ERROR two');
    screen.press('<');
    expect(screen.text()).toContain('ERROR one');
    screen.press('>', '>');
    expect(screen.text()).toContain('match 1 of 2');
  });

  test('keys of typed text mean nothing while a search is written', () => {
    const screen = openTestScreen({ view: performing });
    screen.client.print('schema_down#1', lines(0, 10));
    screen.wait(200);
    screen.press('/');
    screen.type('rqns');
    expect(screen.text()).toContain('/ rqns');
    expect(screen.client.sent).toEqual([]);
  });

  test('wraps long lines and shows times when told', () => {
    const screen = openTestScreen({ view: performing });
    screen.client.print('schema_down#1', [`${'x'.repeat(90)}END`]);
    screen.wait(200);
    expect(screen.text()).not.toContain('END');
    screen.press('w', 't');
    expect(screen.text()).toContain('END');
    expect(screen.text()).toContain('00:00 xxx');
  });

  test('of the last step stays until the next one prints', () => {
    const screen = openTestScreen({ view: performing });
    screen.client.print('schema_down#1', ['the last word']);
    screen.wait(200);
    screen.client.show(viewAt({ attempt: 'switch#1' }, fresh));
    expect(screen.text()).toContain('the last word');
  });

  test('asks for at most fifteen frames a second, a key for one at once', () => {
    const screen = openTestScreen({ view: performing });
    let frames = 0;
    screen.store.subscribe(() => (frames += 1));
    for (let turn = 0; turn < 1000; turn += 1) {
      screen.client.print('schema_down#1', ['more']);
      screen.wait(1);
    }
    expect(frames).toBeLessThanOrEqual(18);
    const before = frames;
    screen.press('k');
    expect(frames).toBe(before + 1);
  });
});

describe('resting', () => {
  test('draws once a second and keeps one timer', () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.wait(2000);
    let frames = 0;
    screen.store.subscribe(() => (frames += 1));
    screen.wait(10_000);
    expect(frames).toBe(10);
    expect(screen.timers()).toBe(1);
  });

  test('leaves no timer and no listener behind', () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.press('r');
    screen.store.dispose();
    expect(screen.timers()).toBe(0);
    expect(screen.client.listeners()).toBe(0);
  });
});

describe('a screen that does not drive', () => {
  test('says so, offers no keys that it would be refused, and can take over', async () => {
    const client = openFakeClient(viewAt({}, fresh));
    client.setDrives(false);
    const screen = openTestScreen({ client });
    expect(screen.text()).toContain('READ-ONLY');
    expect(screen.lines().at(-1)).not.toContain('r run');
    screen.calmly('r');
    expect(screen.text()).toContain('Another terminal drives this session');
    screen.calmly('m');
    await screen.settle();
    expect(screen.text()).not.toContain('READ-ONLY');
  });
});

describe('several steps at once', () => {
  test('shows the one that needs a person, and walks through the others', () => {
    const view = viewOf({
      ...fresh,
      current: [
        stepOf({ attempt: 'a#1', title: 'First', status: 'performing', offers: [] }),
        stepOf({ attempt: 'b#1', title: 'Second' }),
      ],
    });
    const screen = openTestScreen({ view });
    expect(screen.text()).toContain('Second');
    expect(screen.text()).toContain('2 steps at once');
    screen.calmly(']');
    expect(screen.text()).toContain('First');
  });
});

describe('finding keys', () => {
  test('? shows all keys, those of now first, and is searched by typing', () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.calmly('?');
    expect(screen.text()).toContain('all keys');
    screen.type('pager');
    expect(screen.text()).toContain('full log in the pager');
    expect(screen.text()).not.toContain('escalate');
  });

  test('Ctrl-P finds an action by its name and opens it', () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.calmly('ctrl+p');
    screen.type('drift\r');
    expect(screen.text()).toContain('a change by hand that the runbook does not know');
  });
});
