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

export const shareOf = (k: number, n: number): Share => ({
  k,
  n,
  share: n === 0 ? null : k / n,
  ...wilsonInterval(k, n),
});
