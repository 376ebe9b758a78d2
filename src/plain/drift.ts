import type { DriftView, SessionView } from '../machine/view.ts';
import { given, send, type Desk } from './desk.ts';
import { splitFirst } from './words.ts';

/** Changes by hand: told, shown line by line, and disposed of. */

const parts = { why: 'why', typed: 'command', seen: 'link' } as const;

/** `drift WHERE: WHAT ; why: … ; typed: … ; seen: …`; the last three may be left out. */
export async function tellDrift(desk: Desk, rest: string): Promise<void> {
  const [head = '', ...more] = rest.split(/\s+;\s+(?=(?:why|typed|seen):)/u);
  const [, where = '', what = ''] = /^([^:]*\S)\s*:\s+(.+)$/su.exec(head) ?? [];
  const target = await given(desk, where, 'Where was it changed? ');
  const changed = await given(desk, what === '' ? head : what, 'What was changed? ');
  if (target === '' || changed === '') return desk.say('no drift recorded: where and what are needed');
  const told = more.flatMap((part): readonly (readonly [string, string])[] => {
    const [, name = '', text = ''] = /^(why|typed|seen):\s*(.*)$/su.exec(part) ?? [];
    return text === '' ? [] : [[parts[name as keyof typeof parts], text]];
  });
  if (await send(desk, { type: 'drift', what: changed, target, ...Object.fromEntries(told) }))
    desk.say('drift recorded');
}

const ways = ['codify', 'revert', 'accept'] as const;

/** `dispose DRIFT codify WHERE`, `… revert HOW`, `… accept OWNER UNTIL WHY`. */
export async function dispose(desk: Desk, rest: string): Promise<void> {
  const open = openDrift(desk.client.view());
  const [first, afterKey] = splitFirst(rest);
  const named = open.some(({ key }) => key === first);
  const key = named ? first : open.length === 1 ? open[0]?.key : undefined;
  if (key === undefined)
    return desk.say(`nothing done: name one of ${open.map((one) => one.key).join(', ')}`);
  const [typedWay, afterWay] = splitFirst(named ? afterKey : rest);
  const wanted = await given(desk, typedWay, 'codify, revert or accept? ');
  const as = ways.find((way) => way === wanted);
  if (as === undefined) return desk.say('nothing done: codify it, revert it or accept it');
  if (as !== 'accept') {
    const question = as === 'codify' ? 'Where is it codified? ' : 'How was it put back? ';
    const reason = await given(desk, afterWay, question);
    await send(desk, { type: 'dispose_drift', key, as, reason, owner: null, until: null });
    return;
  }
  const [typedOwner, afterOwner] = splitFirst(afterWay);
  const [typedUntil, typedReason] = splitFirst(afterOwner);
  const owner = await given(desk, typedOwner, 'Who settles it? ');
  const until = await given(desk, typedUntil, 'Until when (a date)? ');
  const reason = await given(desk, typedReason, 'Why may it stay? ');
  await send(desk, { type: 'dispose_drift', key, as, reason, owner, until });
}

/** Drift that keeps the session from closing. */
export const openDrift = ({ drift }: SessionView): readonly DriftView[] =>
  drift.filter(({ key, disposed }) => key !== undefined && disposed === undefined);

/** One change by hand, with what differs. */
export function driftLines({
  by,
  target,
  what,
  key,
  why,
  command,
  evidence,
  patch,
  disposed,
}: DriftView): readonly string[] {
  return [
    `drift by ${by} on ${target}: ${what}`,
    ...(why === undefined ? [] : [`  why: ${why}`]),
    ...(command === undefined ? [] : [`  typed: ${command}`]),
    ...(evidence === undefined ? [] : [`  seen in: ${evidence}`]),
    ...(patch === undefined || patch === ''
      ? []
      : patch
          .trimEnd()
          .split('\n')
          .map((line) => `    ${line}`)),
    ...(disposed !== undefined
      ? [`  ${disposed.how} by ${disposed.by}: ${disposed.reason}`]
      : key === undefined
        ? []
        : [`  no close before one of: dispose ${key} codify WHERE | revert HOW | accept OWNER UNTIL WHY`]),
  ];
}
