/**
 * A measured value (JSON text) as a person reads it: ratios as per cent, seconds and milliseconds in the unit that
 * fits, other numbers to three significant digits. Text that is not a number stays as it is.
 */
export function figureText(value: string, unit: string | null): string {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) return unit === null ? value : `${value} ${unit}`;
  switch (unit) {
    case 'ratio':
      return `${perCent(number)} %`;
    case 'seconds':
      return Math.abs(number) < 1 ? `${short(number * 1000)} ms` : `${short(number)} s`;
    case null:
      return short(number);
    default:
      return `${short(number)} ${unit}`;
  }
}

/** A value beside the limit it is held against: with as many digits as tell the two apart. */
export function besideLimit(value: number, limit: number, unit: string | null): string {
  const text = figureText(String(value), unit);
  if (value === limit || text !== figureText(String(limit), unit)) return text;
  if (unit === 'ratio') return `${Number((value * 100).toPrecision(6))} %`;
  return unit === null ? String(value) : `${value} ${unit === 'seconds' ? 's' : unit}`;
}

/** Near the whole, the distance to it is what counts: 99.985, not 100. */
const perCent = (ratio: number): string => {
  const rest = Math.abs(1 - ratio);
  return rest > 0 && rest < 0.01 ? String(Number((ratio * 100).toFixed(4))) : short(ratio * 100);
};

const short = (number: number): string =>
  Number.isInteger(number) || Math.abs(number) >= 1000
    ? String(Math.round(number))
    : String(Number(number.toPrecision(3)));

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How long something lasts, in its two largest units: `45 s`, `2 min`, `1 min 12 s`, `3 h 5 min`, `30 d`. */
export function spanText(ms: number): string {
  if (!Number.isFinite(ms)) return ms > 0 ? 'for ever' : 'unknown';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const whole = Math.round(ms / 1000) * 1000;
  if (whole < minute) return `${whole / 1000} s`;
  if (whole < hour) return twoUnits(whole, minute, 'min', 1000, 's');
  return whole < day ? twoUnits(whole, hour, 'h', minute, 'min') : twoUnits(whole, day, 'd', hour, 'h');
}

function twoUnits(ms: number, large: number, name: string, small: number, rest: string): string {
  const left = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${name}${left === 0 ? '' : ` ${left} ${rest}`}`;
}
