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
      writeFileSync(`${file}.new`, `${JSON.stringify({ ...all(), [name]: on }, null, 2)}\n`);
      renameSync(`${file}.new`, file);
    },
    handler: ({ method, path: asked }) =>
      method === 'GET' && asked === '/flags' ? json(200, all()) : json(404, { error: 'not found' }),
  };
}
