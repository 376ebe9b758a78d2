import type { Database } from '../database/model.ts';
import type { TableShape } from '../table-shape.ts';
import type { TablePlan } from './plan.ts';
import type { SideTable } from './side-table.ts';

/** A table as it is worked on. */
export interface Subject {
  readonly database: Database;
  readonly plan: TablePlan;
  readonly shape: TableShape;
  readonly side: SideTable;
}
