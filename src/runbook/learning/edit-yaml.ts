import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

/**
 * Small changes to the text of a runbook. Nothing is written anew: a change is bytes put in or taken out at one place,
 * so that comments, order and layout of everything else stay as they are, and a diff shows the change alone.
 */

/** The text after a change; null where the file is not written in a way that can be changed here. */
export type Edited = string | null;

type Map = YAMLMap.Parsed;
type List = YAMLSeq.Parsed;

const splice = (text: string, from: number, to: number, put: string): string =>
  text.slice(0, from) + put + text.slice(to);

const lineEnd = (text: string, at: number): number => {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
};

const columnOf = (text: string, at: number): number => at - (text.lastIndexOf('\n', at - 1) + 1);

const rootOf = (text: string): Map | null => {
  const { contents } = parseDocument(text, { lineCounter: new LineCounter(), keepSourceTokens: false });
  return isMap(contents) ? contents : null;
};

const pairOf = (map: Map, key: string): Pair | null =>
  map.items.find((pair) => isScalar(pair.key) && pair.key.value === key) ?? null;

const startOf = (node: unknown): number => (node as { range: [number, number, number] }).range[0];
const endOf = (node: unknown): number => (node as { range: [number, number, number] }).range[1];

/** Sets one key of a mapping to a value that is written on one line. */
function setKey(text: string, map: Map, key: string, value: string): Edited {
  const found = pairOf(map, key);
  if (found !== null) {
    if (!isScalar(found.value)) return null;
    return splice(text, startOf(found.value), endOf(found.value), value);
  }
  if (map.flow === true) {
    const last = map.items.at(-1);
    const at = last === undefined ? startOf(map) + 1 : endOf(last.value ?? last.key);
    return splice(text, at, at, `${last === undefined ? ' ' : ', '}${key}: ${value}`);
  }
  // behind the first key that stands on one line, mostly the id
  const first = map.items.find(
    ({ value: one }) => isScalar(one) && !text.slice(startOf(one), endOf(one)).includes('\n'),
  );
  if (first === undefined) return null;
  const at = lineEnd(text, endOf(first.value));
  return splice(text, at, at, `\n${' '.repeat(columnOf(text, startOf(first.key)))}${key}: ${value}`);
}

/** Every mapping that is a step: it has an id and stands in a list of `steps`, `parallel` or `branches`. */
function* stepsIn(
  list: unknown,
): Generator<{ readonly step: Map; readonly list: List; readonly index: number }> {
  if (!isSeq(list)) return;
  for (const [index, step] of list.items.entries()) {
    if (!isMap(step)) continue;
    yield { step: step as Map, list: list as List, index };
    for (const key of ['steps', 'parallel']) yield* stepsIn(pairOf(step as Map, key)?.value);
  }
}

function stepCalled(root: Map, id: string) {
  const phases = pairOf(root, 'phases')?.value;
  if (!isSeq(phases)) return null;
  for (const phase of phases.items) {
    if (!isMap(phase)) continue;
    for (const found of stepsIn(pairOf(phase as Map, 'steps')?.value)) {
      const own = pairOf(found.step, 'id')?.value;
      if (isScalar(own) && own.value === id) return found;
    }
  }
  return null;
}

/** Sets a field of a step to a value of one line. */
export function setStepField(text: string, step: string, key: string, value: string): Edited {
  const root = rootOf(text);
  const found = root === null ? null : stepCalled(root, step);
  return found === null ? null : setKey(text, found.step, key, value);
}

/** Leads a step somewhere when an event happens: `on: { timeout: target }`. */
export function setStepRoute(text: string, step: string, event: string, target: string): Edited {
  const root = rootOf(text);
  const found = root === null ? null : stepCalled(root, step);
  if (found === null) return null;
  const on = pairOf(found.step, 'on')?.value;
  if (on === undefined) return setKey(text, found.step, 'on', `{ ${event}: ${target} }`);
  return isMap(on) ? setKey(text, on as Map, event, target) : null;
}

/** Takes a step out, with the lines that it stands on. */
export function removeStep(text: string, step: string): Edited {
  const root = rootOf(text);
  const found = root === null ? null : stepCalled(root, step);
  if (found === null || found.list.flow === true || found.list.items.length < 2) return null;
  const from = text.lastIndexOf('\n', startOf(found.step) - 1) + 1;
  return splice(text, from, Math.min(text.length, lineEnd(text, endOf(found.step) - 1) + 1), '');
}

/** Adds one phase behind the last. `lines` are indented as the item of a list at column 0. */
export function addPhase(text: string, lines: readonly string[]): Edited {
  const root = rootOf(text);
  const phases = root === null ? null : pairOf(root, 'phases')?.value;
  return isSeq(phases) ? addItem(text, phases as List, lines) : null;
}

function addItem(text: string, list: List, lines: readonly string[]): Edited {
  const last = list.items.at(-1);
  if (last === undefined) return null;
  if (list.flow === true) {
    const [only, ...more] = lines;
    if (only === undefined || more.length > 0) return null;
    return splice(text, endOf(last), endOf(last), `, ${only.replace(/^- /, '')}`);
  }
  const dash = text.lastIndexOf('-', startOf(last) - 1);
  const indent = ' '.repeat(columnOf(text, dash));
  // a block scalar or mapping ends behind its newline
  const end = lineEnd(text, text.slice(0, endOf(last)).trimEnd().length);
  return splice(text, end, end, lines.map((line) => `\n${indent}${line}`).join(''));
}

/** Adds an item to a list at the top of the file, which is made before `phases` where it is not there. */
export function addToBlock(text: string, block: string, item: string): Edited {
  const root = rootOf(text);
  if (root === null) return null;
  const list = pairOf(root, block)?.value;
  if (isSeq(list) && list.items.length > 0) return addItem(text, list as List, [`- ${item}`]);
  if (list !== undefined) return null;
  return beforePhases(text, root, `${block}:\n  - ${item}\n`);
}

/** Adds a name to a list of one line inside an item of a block: `seen_in` of a failure mode. */
export function addToItem(text: string, block: string, id: string, key: string, name: string): Edited {
  const root = rootOf(text);
  const list = root === null ? null : pairOf(root, block)?.value;
  if (!isSeq(list)) return null;
  for (const item of list.items) {
    if (!isMap(item)) continue;
    const own = pairOf(item as Map, 'id')?.value;
    const names = pairOf(item as Map, key)?.value;
    if (isScalar(own) && own.value === id && isSeq(names)) return addItem(text, names as List, [`- ${name}`]);
  }
  return null;
}

/** Sets `version` of the runbook, which stands behind `maturity` or `objective` where it is new. */
export function setVersion(text: string, version: number): Edited {
  const root = rootOf(text);
  if (root === null) return null;
  const found = pairOf(root, 'version')?.value;
  if (isScalar(found)) return splice(text, startOf(found), endOf(found), String(version));
  const before = pairOf(root, 'maturity') ?? pairOf(root, 'objective');
  if (before === null) return null;
  const at = lineEnd(text, endOf(before.value));
  return splice(text, at, at, `\nversion: ${String(version)}`);
}

/** Comments right above `phases` stay with it. */
function beforePhases(text: string, root: Map, put: string): Edited {
  const phases = pairOf(root, 'phases');
  if (phases === null) return null;
  let at = text.lastIndexOf('\n', startOf(phases.key) - 1) + 1;
  for (;;) {
    const above = text.lastIndexOf('\n', at - 2) + 1;
    if (at === 0 || !text.slice(above, at).startsWith('#')) break;
    at = above;
  }
  return splice(text, at, at, put);
}
