import { type FileReader, joinPath } from '../files.ts';
import { limits } from '../limits.ts';
import type { Position } from '../model/values.ts';
import { type Entry, type MapNode, type Node, child, entryOf, mapOf, textNode, textOf } from '../node.ts';
import { parseYaml } from '../parse-yaml.ts';
import { type Problem, problem } from '../problem.ts';
import { fragmentSchema, runbookSchema } from '../schema.ts';
import { validate } from '../validate.ts';
import { refuse } from './refuse.ts';

/** What grows while files are taken in. */
export interface Taken {
  readonly reader: FileReader;
  readonly parsed: Map<string, MapNode>;
  readonly files: Map<string, Uint8Array>;
  readonly report: (found: Problem) => void;
  steps: number;
  nodes: number;
}

/** The file that a `use` names, from the file that it stands in; `chain` are the files around it, from the runbook on. */
export function pathOfUse(use: MapNode, file: string, chain: readonly string[]): string {
  const at = child(use, 'use');
  const written = textOf(use, 'use') ?? '';
  const path = joinPath(file, written);
  if (path === null)
    return refuse(problem('WB202', at.at, `\`${written}\` leads out of the runbook’s folder.`));
  if (chain.includes(path))
    return refuse(problem('WB203', at.at, `${[...chain.slice(chain.indexOf(path)), path].join(' uses ')}.`));
  if (chain.length > limits.useDepth)
    return refuse(problem('WB207', at.at, `Files use each other more than ${limits.useDepth} levels deep.`));
  return path;
}

/** Reads, parses and checks a used file, once. A fragment becomes a runbook. */
export function takeFile(taken: Taken, path: string, at: Position): MapNode {
  const known = taken.parsed.get(path);
  if (known !== undefined) return known;
  if (taken.files.size >= limits.files)
    return refuse(problem('WB207', at, `The runbook uses more than ${limits.files} files.`));
  const read = taken.reader.read(path);
  if (!read.ok) {
    const code = read.code === 'outside' ? 'WB202' : 'WB201';
    return refuse(problem(code, at, `\`${path}\` cannot be read: ${read.detail}.`));
  }
  const parsed = parseYaml(read.bytes, path);
  if (!parsed.ok) return refuse(...parsed.problems);
  taken.files.set(path, read.bytes);
  const { root } = parsed;
  if (!root.entries.has('walkback') && !root.entries.has('walkback_fragment')) {
    return refuse(problem('WB208', root.at, `\`${path}\` is neither a fragment nor a runbook.`));
  }
  const checked = root.entries.has('walkback')
    ? validate<unknown>(runbookSchema, root)
    : validate<unknown>(fragmentSchema, root);
  if (!checked.ok) return refuse(...checked.problems);
  const whole = root.entries.has('walkback') ? root : asRunbook(root);
  taken.parsed.set(path, whole);
  return whole;
}

/** A fragment as a runbook of one phase, its branches as phases off the path. */
function asRunbook(fragment: MapNode): MapNode {
  const at = fragment.at;
  const id = textOf(fragment, 'id') ?? 'fragment';
  const scalar = (value: string | number, like: Node = fragment): Entry => ({
    keyAt: at,
    value: textNode(value, like),
  });
  const phase = mapOf(at, [
    ['id', scalar(id, child(fragment, 'id'))],
    ['title', scalar(textOf(fragment, 'title') ?? id)],
    ['steps', entryOf(fragment, 'steps') ?? { keyAt: at, value: { kind: 'list', items: [], at } }],
  ]);
  const written = entryOf(fragment, 'branches')?.value;
  const branches = (written?.kind === 'list' ? written.items : []).map((branch): Node => {
    if (branch.kind !== 'map') return branch;
    const offPath: Entry = {
      keyAt: branch.at,
      value: { kind: 'scalar', value: true, at: branch.at, placeAt: () => branch.at },
    };
    return { ...branch, entries: new Map([...branch.entries, ['off_path', offPath]]) };
  });
  const kept = ['inputs', 'probes'].flatMap((key) => {
    const entry = entryOf(fragment, key);
    return entry === null ? [] : [[key, entry] as const];
  });
  return mapOf(at, [
    ['walkback_fragment', scalar(1)],
    ['id', scalar(id)],
    ['title', scalar(textOf(fragment, 'title') ?? id)],
    ...kept,
    ['phases', { keyAt: at, value: { kind: 'list', items: [phase, ...branches], at } }],
  ]);
}
