import type { DataView } from '../machine/view.ts';
import { dataLines } from '../report/data-table.ts';
import { pastedSignature } from './pasted-signature.ts';
import { dispose, driftLines, tellDrift } from './drift.ts';
import { planLines, owedLines, statusLines } from './header.ts';
import { messageLines } from './messages.ts';
import { cardLines, offersLine } from './card.ts';
import { given, send, type Desk } from './desk.ts';
import { scopeLines } from './scope.ts';
import { readSignature } from './read-signature.ts';
import { owed } from './waiting.ts';
import { splitFirst, words, wordsNow } from './words.ts';

/** Acts on a word about the session or this terminal; `leave` is answered by whoever reads the lines. */
export type SessionAct = (desk: Desk, rest: string) => Promise<void>;

const withReason =
  (type: 'hold' | 'stop', question: string): SessionAct =>
  async (desk, rest) => {
    const reason = await given(desk, rest, question);
    if (reason === '') desk.say('nothing done: a reason is needed');
    else await send(desk, { type, reason });
  };

const abort: SessionAct = async (desk, rest) => {
  const reason = await given(desk, rest, 'Why abort? ');
  if (reason === '') {
    desk.say('not aborted: a reason is needed');
    return;
  }
  const sure = await desk.confirm(
    'Type yes to end the session through its undo path, anything else to leave it: ',
  );
  if (sure?.toLowerCase() === 'yes') await send(desk, { type: 'abort', reason });
  else desk.say('not aborted');
};

const note: SessionAct = async (desk, rest) => {
  const text = await given(desk, rest, 'Note: ');
  if (text === '') desk.say('no note written');
  else if (await send(desk, { type: 'note', text })) desk.say('note written');
};

const prove: SessionAct = async (desk, rest) => {
  const { authorityRequest } = desk.client.view();
  if (authorityRequest === null) {
    desk.say('nothing is asked for: try the step first');
    return;
  }
  const principal = await given(desk, rest, `Who signs (${authorityRequest.roles.join(' or ')})? `);
  const signature = await readSignature(desk, authorityRequest.request);
  if (signature !== null) await send(desk, { type: 'prove', principal, signature });
};

const ratify: SessionAct = async (desk, rest) => {
  const owing = desk.client
    .view()
    .overrides.filter(({ due, approvedBy }) => due !== null && approvedBy === null);
  const [typedKey, typedName] = splitFirst(rest);
  const used = owing.find(({ key }) => key === typedKey);
  if (used === undefined) {
    desk.say(
      `nothing done: name one of ${owing.map(({ key }) => key).join(', ') || 'nothing, nothing is owed'}`,
    );
    return;
  }
  const principal = await given(desk, typedName, 'Who approves it? ');
  const signature = await readSignature(desk, used.request);
  if (signature !== null) await send(desk, { type: 'approve_override', key: used.key, principal, signature });
};

const event: SessionAct = async (desk, rest) => {
  const known = desk.client.view().windowEvents;
  const [typedName, afterName] = splitFirst(rest);
  const [typedAt, typedSource] = splitFirst(afterName);
  const name = await given(desk, typedName, `Which of ${known.join(', ')}? `);
  const at = await given(desk, typedAt, 'When was it (now, 09:50, or a full time)? ');
  const source = await given(desk, typedSource, 'Where is that known from? ');
  if (await send(desk, { type: 'tell_event', event: name, at, source })) desk.say('on record');
};

const overrideScope =
  (type: 'scope_include' | 'scope_exclude', done: string): SessionAct =>
  async (desk, rest) => {
    const [component, typed] = splitFirst(rest);
    if (component === '') {
      desk.say('nothing done: name a component or a unit; scope shows them');
      return;
    }
    const reason = await given(desk, typed, `Why is ${component} ${done}? `);
    if (reason === '') desk.say('nothing done: a reason is needed');
    else await send(desk, { type, component, reason });
  };

/** The debt a word names; the only one where it names none. */
async function debtKey(desk: Desk, typed: string): Promise<string | null> {
  const debts = owed(desk.client.view());
  const key = typed === '' && debts.length === 1 ? (debts[0]?.key ?? '') : typed;
  if (debts.some((debt) => debt.key === key)) return key;
  desk.say(
    `nothing done: name one of ${debts.map((debt) => debt.key).join(', ') || 'nothing, nothing is owed'}`,
  );
  return null;
}

const release: SessionAct = async (desk, rest) => {
  const key = await debtKey(desk, rest);
  if (key !== null) await send(desk, { type: 'release', key });
};

const waive: SessionAct = async (desk, rest) => {
  const [first, typed] = splitFirst(rest);
  const key = await debtKey(desk, first);
  if (key === null) return;
  const reason = await given(desk, typed, 'Why is it given up? ');
  if (reason === '') desk.say('not waived: a reason is needed');
  else await send(desk, { type: 'waive', key, reason });
};

/** The debts of messages that did not arrive. */
const undelivered = ({ client }: Desk): readonly string[] =>
  (client.view().messages ?? []).flatMap(({ debt, state }) =>
    state === 'failed' && debt !== null ? [debt] : [],
  );

const resend: SessionAct = async (desk, rest) => {
  const unsent = undelivered(desk);
  const key = unsent.includes(rest) ? rest : rest === '' && unsent.length === 1 ? unsent[0] : undefined;
  if (key === undefined) desk.say(`nothing done: name one of ${unsent.join(', ')}`);
  else await send(desk, { type: 'resend', key });
};

const told: SessionAct = async (desk, rest) => {
  const unsent = undelivered(desk);
  const [first, typed] = splitFirst(rest);
  const named = unsent.includes(first);
  const key = named ? first : unsent.length === 1 ? unsent[0] : undefined;
  if (key === undefined) return desk.say(`nothing done: name one of ${unsent.join(', ')}`);
  const how = await given(desk, named ? typed : rest, 'How were they told, and who? ');
  if (how === '') desk.say('nothing done: say how they were told');
  else await send(desk, { type: 'told', key, how });
};

const drifts: SessionAct = async ({ client, say }) => {
  for (const line of client.view().drift.flatMap(driftLines)) say(line);
};

const messages: SessionAct = async ({ client, say }) => {
  for (const line of messageLines(client.view())) say(line);
};

const carry: SessionAct = async (desk, rest) => {
  const [first, afterKey] = splitFirst(rest);
  const key = await debtKey(desk, first);
  if (key === null) return;
  const [typedOwner, afterOwner] = splitFirst(afterKey);
  const [typedDue, typedReason] = splitFirst(afterOwner);
  const owner = await given(desk, typedOwner, 'Who owns it from now on? ');
  const due = await given(desk, typedDue, 'Until when (a date)? ');
  const reason = await given(desk, typedReason, 'Why later? ');
  if (owner === '' || due === '' || reason === '')
    desk.say('not carried: an owner, a date and a reason are needed');
  else await send(desk, { type: 'carry', key, owner, due, reason });
};

const status: SessionAct = async ({ client, say, now }) => {
  for (const line of statusLines(client.view(), client.live(), now().iso)) say(line);
};

const show: SessionAct = async ({ client, say }) => {
  const { current } = client.view();
  if (current.length === 0) say('no step is under way');
  for (const step of current) {
    for (const line of cardLines(step, client.live())) say(line);
    say(offersLine(step));
  }
};

const plan: SessionAct = async ({ client, say }) => {
  for (const line of planLines(client.view())) say(line);
};

const showScope: SessionAct = async ({ client, say }) => {
  for (const line of scopeLines(client.view())) say(line);
};

const showOwed: SessionAct = async ({ client, say, now }) => {
  for (const line of owedLines(client.view(), now().iso)) say(line);
};

const fewLines = 20;
const manyLines = 2000;

const output: SessionAct = async ({ client, say }, rest) => {
  const wanted = Math.min(manyLines, Math.max(1, Number.parseInt(rest, 10) || fewLines));
  for (const { attempt } of client.view().current) {
    const feed = client.output(attempt);
    const count = feed.count();
    const from = Math.max(0, count - wanted);
    say(`output of ${attempt}: lines ${String(from + 1)} to ${String(count)}`);
    for (const { text } of feed.lines(from, wanted)) say(`  ${text}`);
    feed.close();
  }
};

const search: SessionAct = async ({ client, say }, rest) => {
  if (rest === '') {
    say('nothing searched: type what to look for');
    return;
  }
  for (const { attempt } of client.view().current) {
    const feed = client.output(attempt);
    const found = feed.search(rest, manyLines);
    say(`${String(found.length)} lines of ${attempt} contain ${rest}`);
    for (const number of found.slice(0, fewLines))
      say(`  ${String(number + 1)}: ${feed.lines(number, 1)[0]?.text ?? ''}`);
    feed.close();
  }
};

const data: SessionAct = async ({ client, say }) => {
  const { data: measured } = client.view();
  if (measured === undefined) say('this runbook measures no data');
  else for (const line of dataLines(measured)) say(line);
};

const accept =
  (override: boolean): SessionAct =>
  async (desk, rest) => {
    const { data: measured } = desk.client.view();
    for (const { detail } of measured?.blocks ?? []) desk.say(`the data: ${detail}`);
    const reason = await given(desk, rest, 'Why may it go on like this? ');
    if (reason === '') {
      desk.say('not agreed: a reason is needed');
      return;
    }
    const signed = override || measured === undefined ? noSignature : await signatureOver(desk, measured);
    if (await send(desk, { type: 'accept_data', reason, ...signed, override })) desk.say('agreed, on record');
  };

const noSignature = { principal: null, signature: null } as const;

/** Asks for the signature of the owner of the data, where the role lists keys. */
async function signatureOver(
  desk: Desk,
  { request }: DataView,
): Promise<{ readonly principal: string | null; readonly signature: string | null }> {
  if (request === null) return noSignature;
  desk.say(
    'Sign exactly the request below (without the spaces before its lines), with: ssh-keygen -Y sign -n walkback -f KEY FILE',
  );
  desk.say(request.replaceAll(/^/gm, '    '));
  const principal = await given(desk, '', 'Who signs it? ');
  const signature = principal === '' ? null : await pastedSignature(desk);
  return { principal: principal === '' ? null : principal, signature };
}

const handover: SessionAct = async (desk, rest) => {
  const to = await given(desk, rest, 'To whom? ');
  if (to === '') desk.say('not offered: name the next person');
  else await send(desk, { type: 'hand_over', to });
};

const command: SessionAct = async (desk, rest) => {
  const [typedStep, afterStep] = splitFirst(rest);
  const [typedOwed, name] = splitFirst(afterStep);
  const step = await given(desk, typedStep, 'The step at hand, by its id? ');
  const owedNow = await given(desk, typedOwed, 'How many debts are owed? ');
  if (step === '' || owedNow === '') desk.say('command not taken: read back the step and the debts');
  else await send(desk, { type: 'take_command', step, owed: owedNow, name });
};

const briefing: SessionAct = async ({ client, say }) => {
  for (const line of client.view().command?.offer?.briefing ?? []) say(`  ${line}`);
};

const drive: SessionAct = async ({ client, say }) => {
  const answer = await client.takeOver();
  say(answer.ok ? 'this terminal drives' : `refused ${answer.code}: ${answer.message} ${answer.next}`);
};

const help: SessionAct = async ({ client, say }) => {
  const useful = new Set(wordsNow(client.view()).map(({ word }) => word));
  const width = Math.max(...words.map(({ usage }) => usage.length));
  for (const { word, usage, does } of words)
    say(`${useful.has(word) ? 'now  ' : 'later'} ${usage.padEnd(width)}  ${does}`);
};

/** By word; every word of the table that takes up no offer has its act here, but `leave`. */
export const sessionActs: Readonly<Record<string, SessionAct>> = {
  note,
  drift: tellDrift,
  drifts,
  dispose,
  event,
  scope: showScope,
  include: overrideScope('scope_include', 'taken in'),
  exclude: overrideScope('scope_exclude', 'left out'),
  versions: async (desk) => void (await send(desk, { type: 'scope_refresh' })),
  prove,
  ratify,
  hold: withReason('hold', 'Why hold? '),
  unhold: async (desk) => void (await send(desk, { type: 'unhold' })),
  escalate: async (desk) => void (await send(desk, { type: 'escalate' })),
  stop: withReason('stop', 'Why stop? '),
  abort,
  release,
  resend,
  told,
  messages,
  waive,
  carry,
  close: async (desk) => void (await send(desk, { type: 'close' })),
  status,
  show,
  plan,
  owed: showOwed,
  output,
  search,
  data,
  measure: async (desk) => void (await send(desk, { type: 'measure_data' })),
  accept: accept(false),
  overrule: accept(true),
  handover,
  command,
  keep: async (desk) => void (await send(desk, { type: 'keep_command' })),
  briefing,
  drive,
  help,
};
