import { svg } from '../../machine/drawing/svg.ts';
import { mermaid } from '../../machine/mermaid.ts';
import type { Runbook } from '../../runbook/model.ts';
import { loadOrRefuse } from '../load.ts';
import type { Surroundings } from '../surroundings.ts';

type GraphFormat = 'mermaid' | 'svg';

const drawnAs: Readonly<Record<GraphFormat, (runbook: Runbook) => string>> = { mermaid, svg };

/** `walkback graph`: what was compiled, as Mermaid or as an SVG. */
export function graph(around: Surroundings, file: string, flags: { readonly format: GraphFormat }): number {
  around.write(drawnAs[flags.format](loadOrRefuse(file).runbook));
  return 0;
}
