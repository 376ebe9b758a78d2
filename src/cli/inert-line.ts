import { sanitiseLabel } from '../actions/sanitise-label.ts';

/** One line of an author's text for a terminal: nothing in it can act. */
export const inertLine = (text: string): string => sanitiseLabel(text, 400);
