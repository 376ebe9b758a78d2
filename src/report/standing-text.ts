import type { SessionView } from '../machine/view.ts';
import type { StandingView } from '../session/client.ts';
import { between, clockText, durationText } from './time.ts';

/**
 * `You are sam (operator). You may start Execute until 14:30Z.`, or who may; and who was called.
 * `nowIso` is wall time.
 */
export function standingText(
  view: Pick<SessionView, 'escalation' | 'overrides'>,
  standing: StandingView | undefined,
  user: string,
  nowIso: string,
): string | null {
  if (standing === undefined) return null;
  const mine = standing.roles.filter(({ anyone, users }) => anyone || users.includes(user));
  const may = standing.roles.some(
    ({ id, keys, proved }) =>
      standing.start.includes(id) && (keys ? proved : mine.some((one) => one.id === id)),
  );
  const broken = view.overrides.some(({ by, over }) => by === user && over.includes('authority'));
  const who = mine.length === 0 ? 'no role here' : mine.map(({ id }) => id).join(', ');
  const until = standing.until === null ? '' : ` until ${clockText(standing.until).slice(0, 5)}Z`;
  const others = standing.start.length === 0 ? 'nobody may' : `${standing.start.join(' or ')} may`;
  const says = broken
    ? `You broke glass: you may start ${standing.phase}.`
    : may
      ? `You may start ${standing.phase}${until}${standing.overrideOnly === true ? ', by override only' : ''}.`
      : `You may not start ${standing.phase}: ${others}${until}.`;
  return `You are ${user} (${who}). ${says}${escalationText(view, nowIso)}`;
}

/** ` commander asked, next escalation in 2 min 10 s.` */
function escalationText({ escalation }: Pick<SessionView, 'escalation'>, nowIso: string): string {
  const asked = escalation.asked.map(({ to }) => to).join(', ');
  const { next } = escalation;
  const inMs = next === null ? null : Math.max(0, between(nowIso, next.at));
  return [
    ...(asked === '' ? [] : [`${asked} asked`]),
    ...(next === null || inMs === null ? [] : [`${next.to} is called in ${durationText(inMs)}`]),
  ]
    .map((text, index) => `${index === 0 ? ' ' : ', '}${text}`)
    .join('')
    .replace(/$/, asked === '' && next === null ? '' : '.');
}

/** One line for what was started by override: it is said again and again. */
export const overrideText = ({
  key,
  by,
  over,
  reason,
  due,
  approvedBy,
}: SessionView['overrides'][number]): string =>
  `${key} by ${by} over ${over.join(', ')}: ${reason}${
    approvedBy !== null
      ? `; approved by ${approvedBy}`
      : due === null
        ? ''
        : `; to be approved by ${due.slice(0, 16)}Z`
  }`;
