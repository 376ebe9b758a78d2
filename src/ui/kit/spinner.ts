/** A sign of life that turns with the clock it stands beside: never shown without the elapsed time. */
export const spinner = (elapsedMs: number, frames: readonly string[]): string =>
  frames[Math.floor(Math.max(0, elapsedMs) / 1000) % frames.length] ?? '';
