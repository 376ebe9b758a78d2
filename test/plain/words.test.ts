import { expect, test } from 'vitest';
import { sessionActs } from '../../src/plain/act-on-session.ts';
import { stepActs } from '../../src/plain/act-on-step.ts';
import { offersLine } from '../../src/plain/card.ts';
import { readLine, words } from '../../src/plain/words.ts';
import type {
  CommandView,
  DataView,
  MessageView,
  ObligationView,
  Offer,
  SessionView,
} from '../../src/machine/view.ts';
import type { Intent, IntentType } from '../../src/session/intents.ts';
import { at } from '../report/events.ts';
import { sitDown } from './person.ts';
import { scopeViewOf } from '../fixtures/scope-view.ts';
import { openStage, stepOffering, stepOf, viewOf } from './stage.ts';

const here = { place: { step: 'schema_down', item: '' }, attempt: 'schema_down#1' };
const debt: ObligationView = {
  key: 'ci',
  id: 'ci',
  title: 'Pipeline is paused',
  ttlMs: 7_200_000,
  release: ['shopctl', 'ci', 'resume'],
  openedAt: at(5),
  by: 'ada',
  state: 'open',
  overdue: false,
  owner: null,
  due: null,
};
const inDebt = viewOf({ status: 'ended', outcome: 'rolled_back', endedAt: at(15), obligations: [debt] });
const untold: MessageView = {
  key: 'comms_1/way#1',
  at: 'decided',
  to: 'chat',
  audience: 'support',
  text: 'Rolling shop back\nto 1.9.3',
  ack: false,
  dueAt: at(5),
  state: 'failed',
  detail: 'HTTP 503',
  acknowledged: null,
  problem: null,
  debt: 'tell-1',
};
const offered: CommandView = {
  commander: 'ada',
  offer: { by: 'ada', to: 'grace', at: at(12), briefing: ['owed: nothing'] },
  before: [],
};
const withStep = (offer: Offer['intent']) => viewOf({ current: [stepOffering[offer]] });
const signature = ['-----BEGIN SSH SIGNATURE-----', 'U1NIU0lH', '-----END SSH SIGNATURE-----'];

const blocked: DataView = {
  invariants: [],
  tables: [{ table: 'orders', preserve: false, before: 10, now: 9, delta: -1, detail: '' }],
  budget: { rows: 0, lost: 1, windowMs: null, role: null },
  measuring: null,
  blocks: [
    { id: 'rows lost', code: 'over_budget', detail: 'orders: -1 (10 before, 9 now)', value: '1', role: null },
  ],
  request: null,
  accepted: [],
};

type Case = readonly [word: string, view: SessionView, typed: readonly string[], intent: Intent];

const overridden: SessionView['overrides'][number] = {
  by: 'ada',
  phase: 'main',
  key: 'override-1',
  over: ['triggers'],
  because: [],
  reason: 'customers call',
  evidence: [],
  system: 'shop@production',
  second: null,
  due: '2026-03-15T10:00:00.000Z',
  request: 'r',
  at: '2026-03-14T10:00:00.000Z',
  approvedBy: null,
};

const drifted = viewOf({
  drift: [
    { at: '2026-03-14T10:00:00.000Z', by: 'ada', what: 'raised the pool', target: 'db1', key: 'drift_1' },
  ],
});

const cases: readonly Case[] = [
  ['run', withStep('run'), ['run', 'yes'], { type: 'run', ...here, typed: null }],
  [
    'skip',
    withStep('skip'),
    ['skip it is not needed'],
    { type: 'skip', ...here, reason: 'it is not needed', override: false },
  ],
  [
    'override',
    viewOf({ current: [stepOf({ offers: [{ intent: 'skip', override: true }] })] }),
    ['override', 'the commander said so'],
    { type: 'skip', ...here, reason: 'the commander said so', override: true },
  ],
  [
    'answer',
    withStep('choose'),
    ['answer rollback', 'errors stay', 'the DBA, eva', ''],
    {
      type: 'choose',
      ...here,
      option: 'rollback',
      reason: 'errors stay',
      fields: {},
      objection: null,
      consulted: 'the DBA, eva',
    },
  ],
  [
    'proceed',
    withStep('go_on'),
    ['proceed SEV1, every second counts'],
    { type: 'go_on', ...here, reason: 'SEV1, every second counts' },
  ],
  [
    'object',
    withStep('object'),
    ['object the queue is full'],
    { type: 'object', ...here, text: 'the queue is full' },
  ],
  ['check', withStep('check_again'), ['check'], { type: 'check_again', ...here }],
  ['retry', withStep('retry'), ['retry'], { type: 'retry', ...here }],
  [
    'go',
    withStep('route'),
    ['go forward the backup is bad'],
    { type: 'route', ...here, to: 'forward', reason: 'the backup is bad' },
  ],
  [
    'doubt',
    withStep('resolve_doubt'),
    ['doubt not_done the schema says 42'],
    { type: 'resolve_doubt', ...here, as: 'not_done', reason: 'the schema says 42' },
  ],
  [
    'sign',
    withStep('sign'),
    ['sign grace', ...signature],
    { type: 'sign', ...here, principal: 'grace', signature: `${signature.join('\n')}\n` },
  ],
  [
    'deny',
    withStep('sign'),
    ['deny', 'not in this window'],
    { type: 'deny', ...here, reason: 'not in this window' },
  ],
  [
    'report',
    withStep('report'),
    ['report pass', 'all green', 'https://dash.example'],
    { type: 'report', ...here, text: 'all green', link: 'https://dash.example', result: 'pass' },
  ],
  ['value', withStep('type_value'), ['value 1.9.3'], { type: 'type_value', ...here, value: '1.9.3' }],
  [
    'kill',
    withStep('stop_command'),
    ['kill', 'shop@production'],
    { type: 'stop_command', ...here, typed: 'shop@production' },
  ],
  ['note', viewOf(), ['note the cache is warm'], { type: 'note', text: 'the cache is warm' }],
  [
    'drift',
    viewOf(),
    ['drift db1: killed a backend'],
    { type: 'drift', target: 'db1', what: 'killed a backend' },
  ],
  [
    'drift',
    viewOf(),
    ['drift db1: killed a backend ; why: it held a lock ; seen: chat'],
    { type: 'drift', target: 'db1', what: 'killed a backend', why: 'it held a lock', link: 'chat' },
  ],
  [
    'dispose',
    drifted,
    ['dispose drift_1 codify commit 41af'],
    { type: 'dispose_drift', key: 'drift_1', as: 'codify', reason: 'commit 41af', owner: null, until: null },
  ],
  [
    'dispose',
    drifted,
    ['dispose accept grace 2026-04-01', 'the pool has to stay'],
    {
      type: 'dispose_drift',
      key: 'drift_1',
      as: 'accept',
      reason: 'the pool has to stay',
      owner: 'grace',
      until: '2026-04-01',
    },
  ],
  [
    'prove',
    viewOf({
      authorityRequest: { phase: 'main', roles: ['commander'], request: 'r', digest: 'd', expiresAt: '' },
    }),
    ['prove grace', ...signature],
    { type: 'prove', principal: 'grace', signature: `${signature.join('\n')}\n` },
  ],
  [
    'ratify',
    viewOf({ overrides: [overridden] }),
    ['ratify override-1 grace', ...signature],
    {
      type: 'approve_override',
      key: 'override-1',
      principal: 'grace',
      signature: `${signature.join('\n')}\n`,
    },
  ],
  [
    'event',
    viewOf({ windowEvents: ['release.finished'] }),
    ['event release.finished 13:50', 'the pipeline run 7'],
    { type: 'tell_event', event: 'release.finished', at: '13:50', source: 'the pipeline run 7' },
  ],
  [
    'include',
    viewOf({ scope: scopeViewOf() }),
    ['include db I looked on the host'],
    { type: 'scope_include', component: 'db', reason: 'I looked on the host' },
  ],
  [
    'exclude',
    viewOf({ scope: scopeViewOf() }),
    ['exclude db', 'the schema did not change'],
    { type: 'scope_exclude', component: 'db', reason: 'the schema did not change' },
  ],
  ['versions', viewOf({ scope: scopeViewOf() }), ['versions'], { type: 'scope_refresh' }],
  ['hold', viewOf(), ['hold', 'the commander asks'], { type: 'hold', reason: 'the commander asks' }],
  ['unhold', viewOf({ status: 'held', held: 'a breach' }), ['unhold'], { type: 'unhold' }],
  ['handover', viewOf(), ['handover grace'], { type: 'hand_over', to: 'grace' }],
  [
    'command',
    viewOf({ command: offered }),
    ['command schema_down 2'],
    { type: 'take_command', step: 'schema_down', owed: '2', name: '' },
  ],
  ['keep', viewOf({ command: offered }), ['keep'], { type: 'keep_command' }],
  ['escalate', viewOf(), ['escalate'], { type: 'escalate' }],
  ['stop', viewOf(), ['stop lunch'], { type: 'stop', reason: 'lunch' }],
  ['abort', viewOf(), ['abort it gets worse', 'yes'], { type: 'abort', reason: 'it gets worse' }],
  ['release', inDebt, ['release'], { type: 'release', key: 'ci' }],
  [
    'resend',
    viewOf({ messages: [untold], obligations: [{ ...debt, key: 'tell-1', release: [] }] }),
    ['resend'],
    { type: 'resend', key: 'tell-1' },
  ],
  [
    'told',
    viewOf({ messages: [untold], obligations: [{ ...debt, key: 'tell-1', release: [] }] }),
    ['told tell-1 called Lin'],
    { type: 'told', key: 'tell-1', how: 'called Lin' },
  ],
  ['waive', inDebt, ['waive ci nobody deploys'], { type: 'waive', key: 'ci', reason: 'nobody deploys' }],
  [
    'carry',
    inDebt,
    ['carry ci linus', '2026-03-15', 'after the review'],
    { type: 'carry', key: 'ci', owner: 'linus', due: '2026-03-15', reason: 'after the review' },
  ],
  ['measure', viewOf({ data: blocked }), ['measure'], { type: 'measure_data' }],
  [
    'accept',
    viewOf({ data: { ...blocked, request: 'walkback data request 1\n' } }),
    ['accept', 'a test order', 'grace', ...signature],
    {
      type: 'accept_data',
      reason: 'a test order',
      principal: 'grace',
      signature: `${signature.join('\n')}\n`,
      override: false,
    },
  ],
  [
    'overrule',
    viewOf({ data: blocked }),
    ['overrule nobody answers'],
    { type: 'accept_data', reason: 'nobody answers', principal: null, signature: null, override: true },
  ],
  ['close', viewOf({ status: 'ended', outcome: 'rolled_back' }), ['close'], { type: 'close' }],
];

test.each(cases)('%s sends what it says', async (_, view, typed, intent) => {
  const stage = openStage(view);

  await sitDown({ client: stage.client }, typed).ended;

  expect(stage.sent).toEqual([intent]);
});

const local = [
  'scope',
  'status',
  'show',
  'plan',
  'owed',
  'messages',
  'drifts',
  'briefing',
  'output',
  'search',
  'data',
  'drive',
  'leave',
  'help',
];

test('every word of the table is tried here, and every intent a person has can be said', () => {
  expect([...new Set([...cases.map(([word]) => word), ...local])].toSorted()).toEqual(
    words.map(({ word }) => word).toSorted(),
  );
  const all: readonly IntentType[] = [
    'run',
    'skip',
    'check_again',
    'retry',
    'route',
    'resolve_doubt',
    'choose',
    'go_on',
    'object',
    'sign',
    'deny',
    'report',
    'type_value',
    'stop_command',
    'note',
    'drift',
    'dispose_drift',
    'tell_event',
    'prove',
    'approve_override',
    'hold',
    'unhold',
    'abort',
    'release',
    'waive',
    'carry',
    'resend',
    'told',
    'scope_include',
    'scope_exclude',
    'scope_refresh',
    'measure_data',
    'accept_data',
    'hand_over',
    'take_command',
    'keep_command',
    'escalate',
    'stop',
    'close',
  ];
  expect(new Set(cases.map(([, , , { type }]) => type))).toEqual(new Set(all));
});

test('every word acts on a step or on the session, never both and never neither', () => {
  for (const { word, offer } of words.filter((one) => one.word !== 'leave')) {
    expect([word, stepActs[word] !== undefined, sessionActs[word] !== undefined]).toEqual([
      word,
      offer !== null,
      offer === null,
    ]);
  }
});

test.each(Object.keys(stepOffering) as Offer['intent'][])(
  'the offer %s is said with a word of the table',
  (intent) => {
    const line = offersLine(stepOffering[intent]);
    const said = line
      .replace('you can type: ', '')
      .split(' | ')
      .map((usage) => usage.split(' ')[0]);

    expect(said.length).toBeGreaterThan(2);
    expect(said.filter((word) => !words.some((one) => one.word === word))).toEqual([]);
    expect(words.filter(({ offer }) => offer === intent).some(({ word }) => said.includes(word))).toBe(true);
  },
);

test.each([
  ['run, answered with no', withStep('run'), ['run', 'no'], 'not run'],
  [
    'run, with the wrong name',
    viewOf({ current: [stepOf({ offers: [{ intent: 'run', confirm: 'name', name: 'shop@db1' }] })] }),
    ['run', 'shop@db2'],
    'not run',
  ],
  ['kill, with yes for a name', withStep('stop_command'), ['kill', 'yes'], 'not stopped'],
  [
    'skip where only an override passes',
    viewOf({ current: [stepOf({ offers: [{ intent: 'skip', override: true }] })] }),
    ['skip no time'],
    'type override REASON',
  ],
  ['skip without a reason', withStep('skip'), ['skip', ''], 'a reason is needed'],
  ['an option that there is not', withStep('choose'), ['answer burn'], 'choose one of rollback, wait, flag'],
  [
    'an answer taken back at the objection',
    withStep('choose'),
    ['rollback errors', '', 'cancel'],
    'not answered',
  ],
  ['half a signature', withStep('sign'), ['sign grace', signature[0] ?? '', ''], 'not a whole SSH signature'],
  ['a word about another step', withStep('run'), ['run @other'], 'no step other takes run now: schema_down'],
  ['a word that does nothing now', withStep('run'), ['retry'], 'retry does nothing now'],
  ['a word that there is not', withStep('run'), ['frobnicate'], 'frobnicate is not a word here'],
  ['a debt that is not owed', inDebt, ['release freeze'], 'name one of ci'],
  ['abort, answered with no', viewOf(), ['abort too slow', 'y'], 'not aborted'],
])('%s sends nothing and says why', async (_, view, typed, said) => {
  const stage = openStage(view);
  const person = sitDown({ client: stage.client }, typed);

  await person.ended;

  expect(stage.sent).toEqual([]);
  expect(person.text()).toContain(said);
});

test('an option is a word of its own while it can be chosen, and what it needs is asked for', async () => {
  const stage = openStage(withStep('choose'));
  const person = sitDown({ client: stage.client }, [
    'wait',
    'p95',
    '30s',
    'one reading is not enough',
    '',
    'grace: no',
  ]);

  await person.ended;

  expect(stage.sent).toEqual([
    {
      type: 'choose',
      ...here,
      option: 'wait',
      reason: 'one reading is not enough',
      fields: { what: 'p95', until: '30s' },
      objection: 'grace: no',
      consulted: null,
    },
  ]);
  expect(person.questions.slice(1, 4)).toEqual([
    'Wait for one fact: what? ',
    'Wait for one fact: until? ',
    'Why? ',
  ]);
});

test('one of several steps is named by @STEP', async () => {
  const left = stepOf({ place: { step: 'left', item: '' }, attempt: 'left#1' });
  const right = stepOf({ place: { step: 'right', item: '' }, attempt: 'right#1' });
  const stage = openStage(viewOf({ current: [left, right] }));
  const person = sitDown({ client: stage.client }, ['run', 'run @right', 'yes']);

  await person.ended;

  expect(person.text()).toContain('which step? type run @STEP, with one of left, right');
  expect(stage.sent).toEqual([{ type: 'run', place: right.place, attempt: 'right#1', typed: null }]);
});

test('a refusal is said with its code and what can be done instead', async () => {
  const stage = openStage(withStep('run'));
  stage.answerWith({
    ok: false,
    code: 'E_DENIED',
    message: 'Not in this window.',
    next: 'Ask the commander.',
  });
  const person = sitDown({ client: stage.client }, ['run', 'yes']);

  await person.ended;

  expect(person.text()).toContain('refused E_DENIED: Not in this window. Ask the commander.');
});

test.each([
  ['run', 'run', null, ''],
  ['  RUN  ', 'run', null, ''],
  ['skip @a/b no time', 'skip', 'a/b', 'no time'],
  ['note mail to @ops now', 'note', null, 'mail to @ops now'],
  ['', '', null, ''],
])('takes %j apart', (text, word, step, rest) => {
  expect(readLine(text)).toEqual({ word, step, rest });
});

test('a message that did not arrive is said with its words, to be told by another way', async () => {
  const stage = openStage(viewOf({ messages: [untold] }));

  const person = sitDown({ client: stage.client }, ['messages']);
  await person.ended;

  expect(person.text()).toContain('message decided to support DID NOT ARRIVE: HTTP 503');
  expect(person.text()).toContain('    Rolling shop back\n');
  expect(person.text()).toContain('told tell-1 HOW');
});

test('the data is told with what it was, what it is and what keeps you from going on', async () => {
  const stage = openStage(viewOf({ data: blocked }));
  const person = sitDown({ client: stage.client }, ['data']);

  await person.ended;

  expect(person.text()).toContain('data rows of orders: before 10, now 9 (-1), bad');
  expect(person.text()).toContain('DATA KEEPS YOU FROM GOING ON (over_budget): orders: -1');
});
