import type { CurrentStep, Offer } from '../machine/view.ts';
import { given, send, type Desk } from './desk.ts';
import { readSignature } from './read-signature.ts';
import { splitFirst } from './words.ts';

/** Acts on a word about one step; the step offers what the word needs. */
export type StepAct = (desk: Desk, step: CurrentStep, rest: string) => Promise<void>;

const at = ({ place, attempt }: CurrentStep) => ({ place, attempt });

const offerOf = <Kind extends Offer['intent']>(step: CurrentStep, kind: Kind) =>
  step.offers.find((offer): offer is Extract<Offer, { readonly intent: Kind }> => offer.intent === kind);

/** A yes, or the typed name where the step asks for it; undefined means no. */
async function confirmed(
  desk: Desk,
  offer: { readonly confirm: 'yes' | 'name'; readonly name: string | null },
  what: string,
) {
  if (offer.confirm === 'name') {
    const typed = await desk.confirm(
      `Type the name ${offer.name ?? ''} to ${what}, anything else to leave it: `,
    );
    return typed === null || typed !== offer.name ? undefined : typed;
  }
  return (await desk.confirm(`Type yes to ${what}, anything else to leave it: `))?.toLowerCase() === 'yes'
    ? null
    : undefined;
}

const run: StepAct = async (desk, step) => {
  const offer = offerOf(step, 'run');
  if (offer === undefined) return;
  const typed = await confirmed(desk, offer, 'run it');
  if (typed === undefined) desk.say('not run');
  else await send(desk, { type: 'run', ...at(step), typed });
};

const kill: StepAct = async (desk, step) => {
  const offer = offerOf(step, 'stop_command');
  if (offer === undefined) return;
  const typed = await confirmed(desk, offer, 'stop the command now');
  if (typed === undefined) desk.say('not stopped');
  else await send(desk, { type: 'stop_command', ...at(step), typed });
};

const skip: StepAct = async (desk, step, rest) => {
  if (offerOf(step, 'skip')?.override === true) {
    desk.say('This step may be passed over by an override only: type override REASON.');
    return;
  }
  const reason = await given(desk, rest, 'Why is it skipped? ');
  if (reason === '') desk.say('not skipped: a reason is needed');
  else await send(desk, { type: 'skip', ...at(step), reason, override: false });
};

const evidenceKinds = ['customer_report', 'log', 'graph', 'gut'] as const;

/** A start over what stands in the way: what is against it, then evidence, a second person, and the system's name. */
async function overrideStart(desk: Desk, rest: string): Promise<void> {
  const { denial, overrideNeeds } = desk.client.view();
  for (const { text } of denial?.blocks ?? []) desk.say(`in the way: ${text}`);
  const kinds = new Set(denial?.blocks.map(({ kind }) => kind));
  const reason = await given(desk, rest, 'Why start all the same? ');
  const evidence: { kind: (typeof evidenceKinds)[number]; text: string }[] = [];
  for (let count = 0; kinds.has('triggers') && count < Math.max(1, overrideNeeds.evidence); count += 1) {
    const [word, typed] = splitFirst(
      (await desk.ask(`Evidence (${evidenceKinds.join(' | ')}, then what it shows): `)) ?? '',
    );
    const kind = evidenceKinds.find((one) => one === word);
    if (kind !== undefined && typed !== '') evidence.push({ kind, text: typed });
  }
  const paired = kinds.has('authority') || (kinds.has('triggers') && overrideNeeds.secondPerson);
  const second = paired ? ((await desk.ask('Who agrees, and will approve it? ')) ?? '').trim() : '';
  const system =
    (await desk.confirm(`Type the name ${overrideNeeds.system} to override, anything else to leave it: `)) ??
    '';
  if (system !== overrideNeeds.system) desk.say('not overridden');
  else
    await send(desk, { type: 'override', reason, evidence, system, second: second === '' ? null : second });
}

const override: StepAct = async (desk, step, rest) => {
  if (desk.client.view().denial !== null && offerOf(step, 'run') !== undefined)
    return overrideStart(desk, rest);
  const reason = await given(desk, rest, 'Why is it passed over by override? ');
  if (reason === '') desk.say('not passed over: a reason is needed');
  else await send(desk, { type: 'skip', ...at(step), reason, override: true });
};

const answer: StepAct = async (desk, step, rest) => {
  const { question } = step;
  const [id, typed] = splitFirst(rest);
  const option = question?.options.find((one) => one.id === id);
  if (question === null || option === undefined) {
    desk.say(`not answered: choose one of ${question?.options.map((one) => one.id).join(', ') ?? 'nothing'}`);
    return;
  }
  const fields: Record<string, string> = {};
  for (const field of option.needs)
    fields[field] = ((await desk.ask(`${option.title}: ${field}? `)) ?? '').trim();
  const why = question.recommended === id ? 'Why? (Enter for no reason) ' : 'Why? ';
  const reason = await given(desk, typed, why);
  const consulted = (
    (await desk.ask('Who else was asked? (names with commas, Enter for nobody) ')) ?? ''
  ).trim();
  const objection = (
    (await desk.confirm('Any strong objection? (Enter for none, cancel to go back) ')) ?? 'cancel'
  ).trim();
  if (objection.toLowerCase() === 'cancel') {
    desk.say('not answered');
    return;
  }
  await send(desk, {
    type: 'choose',
    ...at(step),
    option: id,
    reason: reason === '' ? null : reason,
    fields,
    objection: objection === '' ? null : objection,
    consulted: consulted === '' ? null : consulted,
  });
};

const proceed: StepAct = async (desk, step, rest) => {
  const reason = await given(desk, rest, 'Why not wait for objections? ');
  if (reason === '') desk.say('still held open: a reason is needed');
  else await send(desk, { type: 'go_on', ...at(step), reason });
};

const object: StepAct = async (desk, step, rest) => {
  const text = await given(desk, rest, 'What speaks against it? ');
  if (text === '') desk.say('no objection raised: say what speaks against it');
  else await send(desk, { type: 'object', ...at(step), text });
};

const go: StepAct = async (desk, step, rest) => {
  const routes = step.offers.flatMap((offer) => (offer.intent === 'route' ? [offer.to] : []));
  const [to, typed] = splitFirst(rest);
  if (!routes.includes(to)) {
    desk.say(`not gone: choose one of ${routes.join(', ')}`);
    return;
  }
  const reason = await given(desk, typed, `Why ${to}? `);
  if (reason === '') desk.say('not gone: a reason is needed');
  else await send(desk, { type: 'route', ...at(step), to, reason });
};

const doubts = ['done', 'not_done', 'run_again'] as const;

const doubt: StepAct = async (desk, step, rest) => {
  const [word, typed] = splitFirst(rest);
  const as = doubts.find((one) => one === word);
  if (as === undefined) {
    desk.say(`not resolved: say one of ${doubts.join(', ')}`);
    return;
  }
  const reason = await given(desk, typed, 'How do you know? ');
  if (reason === '') desk.say('not resolved: a reason is needed');
  else await send(desk, { type: 'resolve_doubt', ...at(step), as, reason });
};

const sign: StepAct = async (desk, step, rest) => {
  const principal = await given(desk, rest, 'Who signs? ');
  if (principal === '' || step.approval === null) {
    desk.say('not signed: a name is needed');
    return;
  }
  const signature = await readSignature(desk, step.approval.request);
  if (signature !== null) await send(desk, { type: 'sign', ...at(step), principal, signature });
};

const deny: StepAct = async (desk, step, rest) => {
  const reason = await given(desk, rest, 'Why is it refused? ');
  if (reason === '') desk.say('not refused: a reason is needed');
  else await send(desk, { type: 'deny', ...at(step), reason });
};

const results = ['pass', 'fail', 'unknown'] as const;

const report: StepAct = async (desk, step, rest) => {
  const [word, typed] = splitFirst(rest);
  const result = results.find((one) => one === word);
  if (result === undefined) {
    desk.say(`not reported: say one of ${results.join(', ')}, then what you saw`);
    return;
  }
  const text = step.evidence['text'] === undefined ? typed : await given(desk, typed, 'What did you see? ');
  const link =
    step.evidence['link'] === undefined
      ? ''
      : ((await desk.ask(`A link to it (${step.evidence['link']}): `)) ?? '').trim();
  await send(desk, { type: 'report', ...at(step), text, link: link === '' ? null : link, result });
};

const value: StepAct = async (desk, step, rest) => {
  const typed = await given(desk, rest, 'The value: ');
  if (typed === '') desk.say('not sent: a value is needed');
  else await send(desk, { type: 'type_value', ...at(step), value: typed });
};

const check: StepAct = async (desk, step) => void (await send(desk, { type: 'check_again', ...at(step) }));
const retry: StepAct = async (desk, step) => void (await send(desk, { type: 'retry', ...at(step) }));

/** By word; every word of the table that takes up an offer has its act here. */
export const stepActs: Readonly<Record<string, StepAct>> = {
  run,
  skip,
  override,
  answer,
  proceed,
  object,
  check,
  retry,
  go,
  doubt,
  sign,
  deny,
  report,
  value,
  kill,
};
