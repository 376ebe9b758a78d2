const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
const units = ['d', 'h', 'm', 's', 'ms'] as const;

/** The one spelling of a duration: whole numbers, each unit at most once, largest first. */
export const durationPattern =
  /^(?=\d)(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/;

/** Milliseconds of `10m`, `1h30m`, `250ms`; null where the text is not a duration. */
export function parseDuration(text: string): number | null {
  const found = durationPattern.exec(text);
  if (found === null) return null;
  const ms = units.reduce((sum, unit, index) => sum + Number(found[index + 1] ?? 0) * unitMs[unit], 0);
  return Number.isSafeInteger(ms) ? ms : null;
}

/** The shortest spelling of a number of milliseconds: `90_000` is `1m30s`. */
export function formatDuration(ms: number): string {
  let left = Math.max(0, Math.round(ms));
  let text = '';
  for (const unit of units) {
    const whole = Math.floor(left / unitMs[unit]);
    left -= whole * unitMs[unit];
    if (whole > 0) text += `${whole}${unit}`;
  }
  return text === '' ? '0s' : text;
}
