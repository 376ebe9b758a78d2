import type { Check, Template } from './values.ts';

/** Where a smoke test goes: what customers reach, or every instance by itself. */
export type SmokeWay = 'proxy' | 'each_instance';

export interface SmokeTest {
  readonly id: string;
  /** Reads `via.url` and `via.name` of the way that it goes. */
  readonly check: Check;
  /** One that is not is shown and kept, and does not stop anything. */
  readonly critical: boolean;
  /** It leaves data behind that is not the customers': the step owes its removal. */
  readonly writes: boolean;
  readonly through: readonly SmokeWay[];
}

/** A short proof of the core journeys, test by test and way by way. */
export interface SmokePlan {
  /** The address of what customers reach. */
  readonly proxy: Template | null;
  /** A list of addresses, or of things with a `url` and a `name`. */
  readonly instances: Template | null;
  /** Passes in a row that make one good. */
  readonly stable: number;
  readonly everyMs: number;
  /** How long one may fail before its first pass; null: not at all. */
  readonly withinMs: number | null;
  readonly tests: readonly SmokeTest[];
}
