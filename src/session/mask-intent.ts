import type { Intent } from './intents.ts';

/** Free text of a person may hold a secret that they pasted: it is masked before anything is made of it. */
export function maskIntent(intent: Intent, mask: (text: string) => string): Intent {
  const change = (value: unknown): unknown => (typeof value === 'string' ? mask(value) : value);
  const entries = Object.entries(intent).map(([key, value]: [string, unknown]) => {
    if (freeText.has(key)) return [key, change(value)];
    if (key === 'evidence' && Array.isArray(value))
      return [key, value.map((one: { readonly text: string }) => ({ ...one, text: change(one.text) }))];
    if (key !== 'fields' || typeof value !== 'object' || value === null) return [key, value];
    return [key, Object.fromEntries(Object.entries(value).map(([name, field]) => [name, change(field)]))];
  });
  return Object.fromEntries(entries) as Intent;
}

/** Everything else names something: it has to stay as it is to be found. */
const freeText: ReadonlySet<string> = new Set([
  'reason',
  'text',
  'link',
  'why',
  'command',
  'what',
  'target',
  'objection',
  'consulted',
  'source',
  'how',
]);
