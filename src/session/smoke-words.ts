import { spanText } from '../judge/figure-text.ts';
import type { SmokePlan } from '../runbook/model/smoke.ts';

/** What a smoke test is about, before it begins: shown with the step. */
export function smokeWords({ proxy, instances, stable, withinMs, tests }: SmokePlan): string {
  const ways = [...(proxy === null ? [] : ['the proxy']), ...(instances === null ? [] : ['each instance'])];
  const named = tests.map(({ id, critical, writes, through }) => {
    const only =
      through.length < ways.length ? [through.includes('proxy') ? 'proxy only' : 'each instance only'] : [];
    const notes = [...(critical ? [] : ['not critical']), ...(writes ? ['writes test data'] : []), ...only];
    return notes.length === 0 ? id : `${id} (${notes.join(', ')})`;
  });
  const warm = withinMs === null ? '' : `, after at most ${spanText(withinMs)} to start`;
  return `${named.join(', ')}: ${stable === 1 ? 'passed' : `passed ${stable} times in a row`} through ${ways.join(' and ')}${warm}`;
}
