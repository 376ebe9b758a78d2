import type { Policy } from '../../src/drill/policy.ts';

/** A runbook that freezes with a fragment, waits for a look, and gives back. @param use what stands after `use:` */
export const frozenBook = (use: string): string => `walkback: 1
id: frozen
title: Freeze
service: shop
objective: 10m
phases:
  - id: main
    title: Main
    steps:
      - { id: first, decide: Freeze?, options: [{ id: yes, title: Freeze, reversible: seconds }, { id: no, title: No, end: not_needed }], recommend: "'yes'" }
      - { id: freeze, use: ${use} }
      - { id: looked, title: Look, manual: Look at it., read_only: true }
      - { id: thaw, title: Give back, release: [freeze] }
      - { id: done, end: rolled_back }
`;

/** Looks while it is frozen, once, and leaves what is to be done to the others. */
export function lookingWhileFrozen(look: () => void | Promise<void>): Policy {
  let looked = false;
  return async (situation) => {
    if (!looked && situation.at === 'step' && situation.step.place.step === 'looked') {
      looked = true;
      await look();
    }
    return null;
  };
}
