/** What a line of a timeline is about, in the order in which they are offered. */
export const timelineKinds = [
  'decisions',
  'steps',
  'checks',
  'debts',
  'numbers',
  'people',
  'messages',
  'session',
] as const;
export type TimelineKind = (typeof timelineKinds)[number];
