/** How long keys are swallowed after something new asks for one; every key that falls into it starts it again. */
export const graceMs = 400;

/** Until when keys are swallowed; null where they are not. */
export type Grace = number | null;

export const startGrace = (nowMs: number): Grace => nowMs + graceMs;

export const inGrace = (grace: Grace, nowMs: number): boolean => grace !== null && nowMs < grace;
