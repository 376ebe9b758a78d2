import { Buffer } from 'node:buffer';

/**
 * Finds many byte patterns at once (Aho and Corasick, 1975). States with one way on are kept as a chain, only the
 * forks have a table, so that a long key costs bytes and not kilobytes a symbol.
 */
export interface ByteMatcher {
  /** 1 for each byte that begins a pattern. */
  readonly begins: Uint8Array;
  /** The state after one more byte; state 0 is "nothing begun". */
  step(state: number, byte: number): number;
  /** How many of the last bytes may yet become a match. */
  readonly depth: Uint32Array;
  /** Length of the longest pattern that ends in a state, or 0, and which owner it has. */
  readonly matchLength: Uint32Array;
  readonly matchOwner: Uint32Array;
}

interface Node {
  readonly next: Map<number, number>;
  readonly depth: number;
  length: number;
  owner: number;
}

export function byteMatcher(
  patterns: readonly { readonly text: string; readonly owner: number }[],
): ByteMatcher {
  const nodes: Node[] = [{ next: new Map(), depth: 0, length: 0, owner: 0 }];
  for (const { text, owner } of patterns) addPattern(nodes, Buffer.from(text), owner);

  const size = nodes.length;
  const fail = new Uint32Array(size);
  const onlyByte = new Int16Array(size).fill(-1);
  const onlyNext = new Uint32Array(size);
  const forks: (Int32Array | undefined)[] = Array.from({ length: size });
  const depth = new Uint32Array(size);
  const matchLength = new Uint32Array(size);
  const matchOwner = new Uint32Array(size);

  const step = (from: number, byte: number): number => {
    let state = from;
    for (;;) {
      const fork = forks[state];
      if (fork !== undefined) {
        const next = fork[byte] ?? -1;
        if (next >= 0) return next;
      } else if (onlyByte[state] === byte) return onlyNext[state] ?? 0;
      if (state === 0) return 0;
      state = fail[state] ?? 0;
    }
  };

  nodes.forEach((node, state) => {
    depth[state] = node.depth;
    matchLength[state] = node.length;
    matchOwner[state] = node.owner;
    if (state === 0 || node.next.size > 1) {
      const fork = new Int32Array(256).fill(-1);
      for (const [byte, next] of node.next) fork[byte] = next;
      forks[state] = fork;
    } else {
      for (const [byte, next] of node.next) {
        onlyByte[state] = byte;
        onlyNext[state] = next;
      }
    }
  });

  // Breadth first, so that the state a failure leads to is finished before it is asked.
  const order = [0];
  for (let at = 0; at < order.length; at += 1) {
    const state = order[at] ?? 0;
    for (const [byte, next] of nodes[state]?.next ?? []) {
      const back = state === 0 ? 0 : step(fail[state] ?? 0, byte);
      fail[next] = back;
      if (matchLength[next] === 0) {
        matchLength[next] = matchLength[back] ?? 0;
        matchOwner[next] = matchOwner[back] ?? 0;
      }
      order.push(next);
    }
  }

  const begins = new Uint8Array(256);
  for (const byte of nodes[0]?.next.keys() ?? []) begins[byte] = 1;
  return { begins, step, depth, matchLength, matchOwner };
}

function addPattern(nodes: Node[], bytes: Uint8Array, owner: number): void {
  let node = nodes[0];
  for (const byte of bytes) {
    if (node === undefined) return;
    let next = node.next.get(byte);
    if (next === undefined) {
      next = nodes.length;
      nodes.push({ next: new Map(), depth: node.depth + 1, length: 0, owner: 0 });
      node.next.set(byte, next);
    }
    node = nodes[next];
  }
  if (node === undefined || node.length > 0) return;
  node.length = bytes.length;
  node.owner = owner;
}
