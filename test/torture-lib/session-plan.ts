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
const withCommand = combinations.filter((victims) => victims.includes('command'));
const withoutCommand = combinations.filter((victims) => !victims.includes('command'));

/** Every point; and those at which the command is there to be killed once more, for the combinations with it. */
const turns: readonly (readonly [CrashPoint, readonly (readonly CrashVictim[])[]])[] = [
  ...crashPoints.map((point) => [point, withoutCommand] as const),
  ['spawned', withCommand],
  ['pid written', withCommand],
];

/** Every point with every combination that can die there, in turn; each seventh kill at a random time instead. */
export function planKills(count: number, seed = 1): readonly Kill[] {
  const random = generator(seed);
  return Array.from({ length: count }, (_, index) => {
    const again = index % 5 === 4 ? ((['ending due', 'ending recorded'] as const)[index % 2] ?? null) : null;
    const chance = Math.floor(index / 7);
    if (index % 7 === 6) {
      const victims = combinations[chance % combinations.length] ?? [];
      return { crash: { afterMs: random() * 60 }, victims, again };
    }
    const turn = index - chance;
    const [at, choices] = turns[turn % turns.length] ?? ['spawned', withCommand];
    // The place of the turn is added, so that a short series does not show every point the same victims.
    const round = Math.floor(turn / turns.length) + turn;
    return { crash: { at }, victims: choices[round % choices.length] ?? [], again };
  });
}
