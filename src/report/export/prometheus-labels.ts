import { visibleLine } from '../inert.ts';

const escaped = (value: string): string =>
  visibleLine(value)
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`);

/** `name="value",…` of Prometheus' text format; values from outside end no string and no line. */
export const labelText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');
