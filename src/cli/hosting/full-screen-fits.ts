import { tooSmall } from '../../ui/kit/frame.ts';
import type { Surroundings } from '../surroundings.ts';

/** Whether a person can be shown the full screen here. */
export function fullScreenFits(around: Surroundings, options: { readonly plain: boolean }): boolean {
  const { env, isTerminal, columns, rows } = around;
  if (options.plain || !isTerminal || env['TERM'] === 'dumb' || env['ACCESSIBLE'] === '1') return false;
  return tooSmall({ columns, rows }) === null;
}
