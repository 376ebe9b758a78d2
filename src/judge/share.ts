import { wilsonInterval } from './wilson.ts';

/** `k` of `n`, and the shares (0 to 1) that fit it: Wilson's interval, 95 %. */
export interface Share {
  readonly k: number;
  readonly n: number;
  /** Null of nothing. */
  readonly share: number | null;
  readonly low: number;
  readonly high: number;
}

export function shareOf(k: number, n: number): Share {
  const { low, high } = wilsonInterval(k, n);
  // none of all is 0 and all of all is 1, without what arithmetic leaves
  return { k, n, share: n === 0 ? null : k / n, low: k === 0 ? 0 : low, high: k === n ? 1 : high };
}
