/** What an action item is for. Apart from the facts, so that the command line knows it without reading them. */
export const actionKinds = ['prevent', 'detect', 'mitigate', 'process'] as const;
export type ActionKind = (typeof actionKinds)[number];
