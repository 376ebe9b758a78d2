/** A version as people write it: `2.0.0`, `v1.9`, `1.10.3-rc.1+build`. Ordered as semantic versions are. */
export class Version {
  readonly text: string;
  readonly numbers: readonly bigint[];
  readonly before: readonly string[];

  constructor(text: string, numbers: readonly bigint[], before: readonly string[]) {
    this.text = text;
    this.numbers = numbers;
    this.before = before;
  }
}

const shape =
  /^v?(\d{1,18}(?:\.\d{1,18}){0,7})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$/;

/** Null where the text is not a version. */
export function parseVersion(text: string): Version | null {
  const found = text.length <= 200 ? shape.exec(text) : null;
  if (found === null) return null;
  const numbers = (found[1] ?? '').split('.').map(BigInt);
  return new Version(text, numbers, found[2]?.split('.') ?? []);
}

/** Below zero where `a` comes first. `1.9` equals `1.9.0`; `2.0.0-rc.1` comes before `2.0.0`. */
export function compareVersions(a: Version, b: Version): number {
  const length = Math.max(a.numbers.length, b.numbers.length);
  for (let index = 0; index < length; index += 1) {
    const left = a.numbers[index] ?? 0n;
    const right = b.numbers[index] ?? 0n;
    if (left !== right) return left < right ? -1 : 1;
  }
  if (a.before.length === 0 || b.before.length === 0) return b.before.length - a.before.length;
  for (let index = 0; index < Math.max(a.before.length, b.before.length); index += 1) {
    const order = comparePart(a.before[index], b.before[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function comparePart(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  const numeric = /^\d+$/;
  const [left, right] = [numeric.test(a), numeric.test(b)];
  if (left && right) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
