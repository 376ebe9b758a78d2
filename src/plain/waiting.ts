import type { CurrentStep, Offer, SessionView } from '../machine/view.ts';

/** Answers that only a person can give while a step is under way. */
const personal: ReadonlySet<Offer['intent']> = new Set(['choose', 'sign', 'report', 'type_value']);
/** States in which nothing goes on until somebody says how. */
const stuck: ReadonlySet<CurrentStep['status']> = new Set(['ready', 'failed', 'unknown', 'in_doubt']);

/** Whether this step stands still until a person does something. */
export const waitsForPerson = ({ status, offers }: CurrentStep): boolean =>
  stuck.has(status) ? offers.length > 0 : offers.some(({ intent }) => personal.has(intent));

/** Every step that waits for a person now. */
export const stepsWaiting = ({ current }: SessionView): readonly CurrentStep[] =>
  current.filter(waitsForPerson);

/** Debts that stand in the way of closing. */
export const owed = ({ obligations }: SessionView): SessionView['obligations'] =>
  obligations.filter(({ state }) => state === 'open' || state === 'released');
