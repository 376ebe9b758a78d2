import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fields, json, type Handler } from '../http.ts';

export interface FlagStore {
  all(): Readonly<Record<string, boolean>>;
  set(name: string, on: boolean): void;
  readonly handler: Handler;
}

export const flagsFile = (folder: string): string => path.join(folder, 'flags.json');

/** Flags in a file that may be edited by hand, served over HTTP. Clients keep an answer for 30 s of domain time. */
export function flagStore(folder: string): FlagStore {
  const all = (): Readonly<Record<string, boolean>> =>
    Object.fromEntries(
      Object.entries(fields(readFileSync(flagsFile(folder), 'utf8'))).filter(
        (entry): entry is [string, boolean] => typeof entry[1] === 'boolean',
      ),
    );
  return {
    all,
    set(name, on) {
      const file = flagsFile(folder);
      // what is set everywhere holds in every segment
      const kept = Object.entries(all()).filter(([other]) => !other.startsWith(`${name}@`));
      const next = { ...Object.fromEntries(kept), [name]: on };
      writeFileSync(`${file}.new`, `${JSON.stringify(next, null, 2)}\n`);
      renameSync(`${file}.new`, file);
    },
    handler: ({ method, path: asked, query }) =>
      method === 'GET' && asked === '/flags'
        ? json(200, asSeenBy(all(), query.get('instance')))
        : json(404, { error: 'not found' }),
  };
}

/** A segment is one instance: `flag@instance` is its own value. */
function asSeenBy(
  flags: Readonly<Record<string, boolean>>,
  instance: string | null,
): Readonly<Record<string, boolean>> {
  const common = Object.entries(flags).filter(([name]) => !name.includes('@'));
  return Object.fromEntries(
    common.map(([name, on]) => [name, instance === null ? on : (flags[`${name}@${instance}`] ?? on)]),
  );
}
