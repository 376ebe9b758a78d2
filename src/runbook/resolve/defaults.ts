/** Times that hold where the author gives none. */
export const defaults = {
  command: 5 * 60_000,
  /** One measurement, by its source. */
  probe: {
    run: 30_000,
    http: 10_000,
    tcp: 5_000,
    sql: 10_000,
    prometheus: 10_000,
    file: 5_000,
    ask: 60 * 60_000,
  },
  /** Polling, where `stable` or `within` is given without it. */
  every: 2_000,
  within: 5 * 60_000,
  /** A person’s answer. */
  person: 60 * 60_000,
  wait: 24 * 60 * 60_000,
  notify: 30_000,
  release: 15 * 60_000,
  /** Between two points of a comparison, and how long one may take beyond what it says itself. */
  point: 10_000,
  compareMore: 5 * 60_000,
  /** Passes in a row that make a smoke test good, and the time between two of its rounds. */
  smokeStable: 3,
  smokeEvery: 1_000,
  barrier: 60 * 60_000,
  inside: 12 * 60 * 60_000,
  end: 60_000,
  retryEvery: 5_000,
  /** Between two samples of a trigger. */
  interval: 10_000,
  objective: 15 * 60_000,
  /** A trigger clears at this share of its limit. */
  clear: 0.8,
  /** Between two samples of a success criterion. */
  successInterval: 30_000,
  /** The share of an error budget that a trigger may burn before it fires (E2, the fast pair). */
  budgetShare: 0.02,
} as const;
