import type { Place } from '../machine/facts.ts';

/** As `placeKey`, spelled again because importing that one loads zod: lists and `show` start without it. */
export const placeText = ({ step, item }: Place): string => (item === '' ? step : `${step}@${item}`);
