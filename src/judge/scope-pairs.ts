import type { MixedState, ScopeInput, ScopePair, Verdict } from './scope-model.ts';
import { sameVersion, versionText } from './scope-version.ts';

/** Two components whose versions have to be known to work together. */
export interface Couple {
  readonly from: string;
  readonly to: string;
}

/** Every two parts of a microservice group, and every two that `compat` speaks about. */
export function couplesOf({
  parts,
  groups,
  pairs,
}: Pick<ScopeInput, 'parts' | 'groups' | 'pairs'>): readonly Couple[] {
  const rank = new Map(parts.map(({ id }, index) => [id, index]));
  const couples = new Map<string, Couple>();
  const add = (one: string, other: string): void => {
    const [a, b] = [rank.get(one), rank.get(other)];
    if (a === undefined || b === undefined || a === b) return;
    const [from, to] = a < b ? [one, other] : [other, one];
    couples.set(`${from} ${to}`, { from, to });
  };
  for (const { kind, components } of groups) {
    if (kind === 'microservice')
      for (const one of components) for (const other of components) add(one, other);
  }
  for (const { pair } of pairs) add(pair[0].component, pair[1].component);
  return [...couples.values()];
}

/** `cart@1.8`; a version that is not known is a question mark. */
export const coupleText = ({ from, to }: Couple, state: MixedState): string =>
  [from, to].map((id) => `${id}@${versionText(state[id] ?? null) ?? '?'}`).join(' + ');

/**
 * What is known of two versions together. What was found broken stays broken; what was found good counts for its time
 * only; nothing written is unknown, and two parts that both go back are as they were before the release.
 */
export function judgeCouple(
  { from, to }: Couple,
  state: MixedState,
  bothGoBack: boolean,
  pairs: readonly ScopePair[],
  nowMs: number,
): { readonly result: Verdict; readonly detail: string } {
  const [one, other] = [state[from], state[to]];
  if (one === undefined || other === undefined) {
    if (bothGoBack) return { result: 'pass', detail: 'both go back: this is not a mixed state' };
    return { result: 'unknown', detail: `the version of ${one === undefined ? from : to} is not known` };
  }
  const about = pairs.filter(({ pair }) => {
    const said = new Map(pair.map(({ component, version }) => [component, version]));
    return sameVersion(said.get(from) ?? null, one) && sameVersion(said.get(to) ?? null, other);
  });
  const broken = about.find(({ status }) => status === 'broken');
  if (broken !== undefined) return { result: 'fail', detail: `broken by ${broken.evidence} of ${broken.on}` };
  const good = about.find(({ fromMs, untilMs }) => nowMs >= fromMs && nowMs <= untilMs);
  if (good !== undefined) return { result: 'pass', detail: `${good.evidence} of ${good.on}` };
  if (bothGoBack) return { result: 'pass', detail: 'both go back: this is not a mixed state' };
  const [old] = about;
  if (old === undefined) return { result: 'unknown', detail: 'no evidence for these versions' };
  return old.fromMs > nowMs
    ? { result: 'unknown', detail: `${old.evidence} is of ${old.on}, which is still to come` }
    : { result: 'unknown', detail: `${old.evidence} of ${old.on} is too old` };
}
