import { crashPoints, crashVictims } from '../../src/actions/supervisor/crash-point.ts';
import type { CrashPoint, CrashVictim } from '../../src/actions/supervisor/crash-point.ts';
import { generator } from './random.ts';

/** One kill: where, of whom, and for some a second one while the session is taken up again. */
export interface Kill {
  /** A write of the protocol, or so many milliseconds after the operator said run. */
  readonly crash: { readonly at: CrashPoint } | { readonly afterMs: number };
  readonly victims: readonly CrashVictim[];
  readonly again: CrashPoint | null;
}

/** Every combination of screen, agent, supervisor and command. */
const combinations: readonly (readonly CrashVictim[])[] = Array.from({ length: 15 }, (_, index) =>
  crashVictims.filter((_victim, bit) => ((index + 1) & (1 << bit)) !== 0),
);

/** Every point with every combination, in an order in which a short series too sees much of both; each seventh at a random time. */
export function planKills(count: number, seed = 1): readonly Kill[] {
  const random = generator(seed);
  return Array.from({ length: count }, (_, index) => {
    const turn = index - Math.floor(index / 7);
    const at = crashPoints[turn % crashPoints.length] ?? 'spawned';
    const round = Math.floor(turn / crashPoints.length);
    // Seven has no divisor in common with fifteen: every combination comes to every point.
    const victims = combinations[(turn * 7 + round) % combinations.length] ?? [];
    const crash = index % 7 === 6 ? { afterMs: random() * 60 } : { at };
    const again = index % 5 === 4 ? ((['ending due', 'ending recorded'] as const)[index % 2] ?? null) : null;
    return { crash, victims, again };
  });
}
