import { RE2JS } from 're2js';

const longest = 1_000;
const cache = new Map<string, RE2JS>();

export type CompiledPattern =
  { readonly ok: true; readonly pattern: RE2JS } | { readonly ok: false; readonly detail: string };

/** An RE2 pattern: linear time whatever the text. `(?<name>…)` is accepted as well as `(?P<name>…)`. */
export function compilePattern(source: string): CompiledPattern {
  const known = cache.get(source);
  if (known !== undefined) return { ok: true, pattern: known };
  if (source.length > longest) return { ok: false, detail: `it is longer than ${longest} characters` };
  try {
    const pattern = RE2JS.compile(source);
    if (cache.size > 1_000) cache.clear();
    cache.set(source, pattern);
    return { ok: true, pattern };
  } catch (cause) {
    return { ok: false, detail: cause instanceof Error ? cause.message : String(cause) };
  }
}

/** Named groups of a pattern, in order. */
export function groupNames(source: string): readonly string[] {
  const compiled = compilePattern(source);
  return compiled.ok ? Object.keys(compiled.pattern.namedGroups()) : [];
}
