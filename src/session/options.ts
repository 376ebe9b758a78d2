import type { SessionMachine } from '../machine/compile.ts';
import type { StepTimeKnown } from '../judge/eta.ts';
import type { Environment } from '../runbook/model.ts';
import type { Json } from '../runbook/model/values.ts';
import type { Ports } from './ports.ts';

/** What a session is opened with; none of it changes while it lives. */
export interface SessionOptions {
  readonly compiled: SessionMachine;
  readonly ports: Ports;
  /** Resolved inputs, secrets included: they are used to fill places and never recorded as they are. */
  readonly inputs: Readonly<Record<string, Json>>;
  /** Names of the inputs that are secrets. */
  readonly secrets: ReadonlySet<string>;
  readonly environment: Environment | null;
  /** The environment's values, filled. */
  readonly env: Readonly<Record<string, Json>>;
  /** Milliseconds of the domain clock: wall time outside the sandbox. */
  readonly domainNow: () => number;
  /** Usual durations from earlier sessions, by step id. */
  readonly usual: Readonly<
    Record<string, { readonly p50Ms: number; readonly p80Ms: number; readonly count: number }>
  >;
  /** Times that say how long a way still takes (E7), by step id; a step of which none is known is not there. */
  readonly times?: Readonly<Record<string, StepTimeKnown>>;
  readonly user: string;
}
