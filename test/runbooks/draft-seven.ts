/**
 * As much of JSON Schema draft 7 as our schemas use, written from its specification and not from the code that makes
 * them. A keyword that it does not know is an error: nothing is accepted because it was not understood.
 */
type Schema = boolean | { readonly [keyword: string]: unknown };

const notes: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  'title',
  'description',
  'examples',
  'default',
  'definitions',
  '$comment',
]);

/** What is wrong with a value, each with the path to it; empty where it is accepted. */
export function whyRefused(
  schema: Schema,
  value: unknown,
  root: Schema = schema,
  at = '$',
): readonly string[] {
  if (typeof schema === 'boolean') return schema ? [] : [`${at} may not be there`];
  const inner = (next: unknown, part: unknown, path: string): readonly string[] =>
    whyRefused(next as Schema, part, root, path);
  if (typeof schema['$ref'] === 'string') return inner(found(root, schema['$ref']), value, at);
  return Object.entries(schema).flatMap(([keyword, wanted]): readonly string[] => {
    const refuse = (fine: boolean): readonly string[] =>
      fine ? [] : [`${at}: ${keyword} ${JSON.stringify(wanted)?.slice(0, 80) ?? ''}`];
    switch (keyword) {
      case 'type':
        return refuse([wanted].flat().some((type) => isOf(String(type), value)));
      case 'const':
        return refuse(value === wanted);
      case 'enum':
        return refuse((wanted as readonly unknown[]).includes(value));
      case 'pattern':
        return refuse(typeof value !== 'string' || new RegExp(String(wanted), 'u').test(value));
      case 'minLength':
        return refuse(typeof value !== 'string' || [...value].length >= Number(wanted));
      case 'maxLength':
        return refuse(typeof value !== 'string' || [...value].length <= Number(wanted));
      case 'minimum':
        return refuse(typeof value !== 'number' || value >= Number(wanted));
      case 'maximum':
        return refuse(typeof value !== 'number' || value <= Number(wanted));
      case 'exclusiveMinimum':
        return refuse(typeof value !== 'number' || value > Number(wanted));
      case 'exclusiveMaximum':
        return refuse(typeof value !== 'number' || value < Number(wanted));
      case 'minItems':
        return refuse(!Array.isArray(value) || value.length >= Number(wanted));
      case 'maxItems':
        return refuse(!Array.isArray(value) || value.length <= Number(wanted));
      case 'items':
        return Array.isArray(value)
          ? value.flatMap((item, index) => items(wanted, item, index, at, inner))
          : [];
      case 'additionalItems':
        return refuse(
          !Array.isArray(value) ||
            !Array.isArray(schema['items']) ||
            wanted !== false ||
            value.length <= schema['items'].length,
        );
      case 'required':
        return isMap(value)
          ? (wanted as readonly string[])
              .filter((key) => !(key in value))
              .map((key) => `${at}.${key} is missing`)
          : [];
      case 'properties':
        return isMap(value)
          ? Object.entries(wanted as object).flatMap(([key, next]) =>
              key in value ? inner(next, value[key], `${at}.${key}`) : [],
            )
          : [];
      case 'propertyNames':
        return isMap(value)
          ? Object.keys(value).flatMap((key) => inner(wanted, key, `${at}.${key} (the key)`))
          : [];
      case 'additionalProperties':
        return isMap(value)
          ? Object.keys(value)
              .filter((key) => !Object.hasOwn(schema['properties'] ?? {}, key))
              .flatMap((key) => inner(wanted, value[key], `${at}.${key}`))
          : [];
      case 'anyOf':
        return anyOf((wanted as readonly unknown[]).map((next) => inner(next, value, at)));
      case 'oneOf': {
        const tries = (wanted as readonly unknown[]).map((next) => inner(next, value, at));
        const accepted = tries.filter((problems) => problems.length === 0).length;
        return accepted > 1 ? [`${at}: ${accepted} of what should be one`] : anyOf(tries);
      }
      case 'allOf':
        return (wanted as readonly unknown[]).flatMap((next) => inner(next, value, at));
      default:
        if (notes.has(keyword)) return [];
        throw new Error(`${keyword} at ${at} is not known here: add it`);
    }
  });
}

/** Of several tries that all failed, the one that came furthest says most. */
function anyOf(tries: readonly (readonly string[])[]): readonly string[] {
  if (tries.some((problems) => problems.length === 0)) return [];
  return tries.toSorted((left, right) => left.length - right.length)[0] ?? ['nothing is accepted'];
}

function items(
  wanted: unknown,
  item: unknown,
  index: number,
  at: string,
  inner: (next: unknown, part: unknown, path: string) => readonly string[],
): readonly string[] {
  const next: unknown = Array.isArray(wanted) ? wanted[index] : wanted;
  return next === undefined ? [] : inner(next, item, `${at}[${index}]`);
}

function found(root: Schema, reference: string): unknown {
  let at: unknown = root;
  for (const part of reference.replace(/^#\/?/, '').split('/')) {
    if (part === '') continue;
    at = isMap(at) ? at[part.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  }
  if (at === undefined) throw new Error(`${reference} leads nowhere`);
  return at;
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'object':
      return isMap(value);
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
