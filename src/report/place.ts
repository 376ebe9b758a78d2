import type { Place } from '../machine/fact-values.ts';

/** As `placeKey`, spelled again because importing that one loads zod: lists and `show` start without it. */
export const placeText = ({ step, item }: Place): string => (item === '' ? step : `${step}@${item}`);
