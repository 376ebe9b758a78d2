/**
 * A measured value (JSON text) as a person reads it: ratios as per cent, seconds and milliseconds in the unit that
 * fits, other numbers to three significant digits. Text that is not a number stays as it is.
 */
export function figureText(value: string, unit: string | null): string {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) return unit === null ? value : `${value} ${unit}`;
  switch (unit) {
    case 'ratio':
      return `${short(number * 100)} %`;
    case 'seconds':
      return Math.abs(number) < 1 ? `${short(number * 1000)} ms` : `${short(number)} s`;
    case null:
      return short(number);
    default:
      return `${short(number)} ${unit}`;
  }
}

const short = (number: number): string =>
  Number.isInteger(number) || Math.abs(number) >= 1000
    ? String(Math.round(number))
    : String(Number(number.toPrecision(3)));
