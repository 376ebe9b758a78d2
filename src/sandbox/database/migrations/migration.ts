/** One change of the shop's schema. `verify` is a query whose single value must be 1 once `up` was applied. */
export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly up: string;
  readonly down: string;
  readonly verify: string;
  /** Whether it also writes to the archive file, and so needs its lock. */
  readonly archive: boolean;
}
