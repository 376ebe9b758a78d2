import { mermaid } from '../../machine/mermaid.ts';
import { loadOrRefuse } from '../load.ts';
import type { Surroundings } from '../surroundings.ts';

/** `walkback graph`: what was compiled, as Mermaid. */
export function graph(around: Surroundings, file: string): number {
  around.write(mermaid(loadOrRefuse(file).runbook));
  return 0;
}
