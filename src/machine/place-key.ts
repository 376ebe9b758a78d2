import type { Place } from './facts/values.ts';

/** The one spelling of a place in keys, attempt ids and texts: `step` or `step@0/2`. */
export const placeKey = ({ step, item }: Place): string => (item === '' ? step : `${step}@${item}`);

/** Where a release goes that is made in spite of its guard: on, at the same place. No id can be spelt so. */
export const pastGuard = '@anyway';
