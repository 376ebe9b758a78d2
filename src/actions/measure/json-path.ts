import type { Json } from '../../runbook/model/values.ts';

const part = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']+)'\]/gy;

/** The keys of a path like `$.a.b[0]['c d']`; null where it is not one. */
export function parsePath(path: string): readonly (string | number)[] | null {
  if (!path.startsWith('$')) return null;
  const keys: (string | number)[] = [];
  part.lastIndex = 1;
  while (part.lastIndex < path.length) {
    const found = part.exec(path);
    if (found === null) return null;
    const [, name, index, quoted] = found;
    keys.push(index === undefined ? (name ?? quoted ?? '') : Number(index));
  }
  return keys;
}

/** What stands at the path: null where it is absent, undefined where the path leads into something without parts. */
export function valueAt(value: Json, keys: readonly (string | number)[]): Json | undefined {
  let here: Json = value;
  for (const key of keys) {
    if (here === null) return null;
    if (typeof here !== 'object') return undefined;
    if (Array.isArray(here)) {
      if (typeof key !== 'number') return undefined;
      here = (here as readonly Json[])[key] ?? null;
    } else here = Object.hasOwn(here, key) ? ((here as Readonly<Record<string, Json>>)[key] ?? null) : null;
  }
  return here;
}
