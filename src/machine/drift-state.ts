import type { DriftMoment } from './facts/drift.ts';
import type { FactOf } from './facts.ts';
import type { DriftView } from './view.ts';

/** A drift as the view shows it, with what found it. */
export interface Drift extends DriftView {
  readonly found?: { readonly id: string; readonly moment: DriftMoment };
}

/** What is looked at, as it was when only this session could have changed it. */
export interface DriftLooks {
  /** Everything was looked at right before the first change. */
  readonly begun: boolean;
  /** By capture: what later looks are compared with. */
  readonly known: Readonly<Record<string, FactOf<'drift.captured'>>>;
  /** Steps that changed something looked at, and after which it was not looked at again. */
  readonly due: readonly { readonly step: string; readonly attempt: string }[];
  /** The last look of the session was taken. */
  readonly ended: boolean;
}

export const noLooks: DriftLooks = { begun: false, known: {}, due: [], ended: false };

/** The id of every debt of this kind; its key says which. */
export const driftDebt = 'drift';
