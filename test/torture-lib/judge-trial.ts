import { crashPoints } from '../../src/actions/supervisor/crash-point.ts';
import type { CrashPoint } from '../../src/actions/supervisor/crash-point.ts';
import type { Recovered, Trial, Truth } from './subject.ts';

/** Why a recovery was wrong about what happened; null where it was right. */
export function judgeTrial(trial: Trial, recovered: Recovered, { effects, hit }: Truth): string | null {
  if (effects > 1) return `doubled: ${effects} effects`;
  if (recovered.verdict === 'no_intent') return effects === 0 ? null : 'an effect that was never intended';
  const said = `${recovered.verdict}, ${recovered.ending} ${recovered.exitCode ?? ''}`.trim();
  const wrong = whyWrong(trial, recovered, effects) ?? (hit ? whyVague(trial, recovered) : null);
  return wrong === null ? null : `${said}: ${wrong}`;
}

function whyWrong(
  { victims, exitCode }: Trial,
  { ending, exitCode: said }: Exclude<Recovered, { verdict: 'no_intent' }>,
  effects: number,
): string | null {
  switch (ending) {
    case 'not_started':
      return effects === 0 ? null : 'it had taken effect';
    case 'exited':
      if (effects !== 1) return `there were ${effects} effects`;
      return said === exitCode ? null : `its exit code was ${exitCode}`;
    case 'signalled':
      return victims.includes('command') ? null : 'nobody had killed it';
    case 'lost':
      return victims.includes('supervisor') ? null : 'its supervisor lived';
    case 'timed_out':
    case 'stopped':
      return 'nobody had asked for that';
  }
}

/** In doubt is never false, so it must be held against what could be known. */
function whyVague(
  { crash, victims }: Trial,
  { ending }: Exclude<Recovered, { verdict: 'no_intent' }>,
): string | null {
  if (!('at' in crash)) return null;
  const reached = (point: CrashPoint): boolean => crashPoints.indexOf(crash.at) >= crashPoints.indexOf(point);
  if (reached('exit renamed') && ending !== 'exited') return 'the outcome had been written';
  if (!reached('request sent') && victims.includes('host') && ending !== 'not_started')
    return 'it had not been asked for';
  // At "request sent" the supervisor may have been quicker than its death.
  const unclaimed = crash.at === 'intent written' || crash.at === 'request received';
  if (unclaimed && ending === 'lost') return 'it had not been claimed';
  return null;
}
