import type { Environment } from './model.ts';

/** Whether the name of an environment says that it is production: `prod`, `production`, `production_eu`. */
export const namesProduction = (name: string): boolean => /^prod(?:uction)?(?:[-_]|$)/i.test(name);

/** Whether an environment is production by its name, or because its author has people type its name before a change. */
export const isProductionEnvironment = ({
  id,
  confirmName,
}: Pick<Environment, 'id' | 'confirmName'>): boolean => namesProduction(id) || confirmName;
