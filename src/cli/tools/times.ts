import { systemClock } from '../../actions/clock.ts';
import { epochMsOf, isoOf } from '../../machine/iso-time.ts';
import type { Times } from '../../tools/times.ts';

/** The machine's own clock, for tools. */
export const systemTimes = (): Times => {
  const clock = systemClock();
  return { now: () => clock.now().ms, isoOf, epochMsOf };
};
