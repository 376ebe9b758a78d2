import { type Document, LineCounter, isMap, parseDocument } from 'yaml';

/** Brings a document of one version of the format to the next one; comments and layout stay where they are not touched. */
export type Migration = (document: Document.Parsed) => void;

/** The newest version of the format. */
const newestFormat = 1;

/** By the version that each one starts from: an entry for every version before the newest. There has been one version so far. */
const migrations: Readonly<Record<number, Migration>> = {};

export type Migrated =
  | { readonly ok: true; readonly text: string; readonly from: number; readonly to: number }
  | { readonly ok: false; readonly problem: string; readonly line: number };

/**
 * The text of a runbook or a fragment as the newest version of the format has it; the same text where it is of that version.
 * @param table migrations by the version that they start from
 */
export function migrate(text: string, table = migrations, newest: number = newestFormat): Migrated {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: false });
  const [error] = document.errors;
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  if (error !== undefined) return { ok: false, problem: error.message, line: lineAt(error.pos[0]) };
  const key = ['walkback', 'walkback_fragment'].find(
    (name) => isMap(document.contents) && document.has(name),
  );
  const from: unknown = key === undefined ? undefined : document.get(key);
  if (key === undefined || typeof from !== 'number' || !Number.isInteger(from) || from < 1)
    return { ok: false, problem: 'it does not say its version: `walkback: 1`', line: 1 };
  if (from > newest)
    return { ok: false, problem: `it is of version ${String(from)}, which a newer walkback reads`, line: 1 };
  if (from === newest) return { ok: true, text, from, to: newest };
  for (let version = from; version < newest; version += 1) {
    const step = table[version];
    if (step === undefined)
      return { ok: false, problem: `nothing brings version ${String(version)} to the next one`, line: 1 };
    step(document);
    document.set(key, version + 1);
  }
  return { ok: true, text: document.toString({ lineWidth: 0 }), from, to: newest };
}
