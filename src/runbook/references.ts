import type { ASTNode } from '@marcbachmann/cel-js';

/** A name that an expression reads, as a path from a root: `steps.smoke.result`. */
export interface Reference {
  readonly path: readonly string[];
  /** Of the path in the expression's text. */
  readonly start: number;
  readonly end: number;
  /** Ends of each part of the path, for renaming one of them. */
  readonly ends: readonly number[];
  /** Asked with `has(…)`: need not be there itself. */
  readonly optional: boolean;
}

interface Call {
  readonly name: string;
  readonly args: readonly ASTNode[];
  readonly node: ASTNode;
}

export interface Survey {
  readonly references: readonly Reference[];
  readonly calls: readonly Call[];
  /** How deep functions over lists stand in each other. */
  readonly loops: number;
  /** Divisions inside a function over a list, where each item would have to be checked. */
  readonly looped: readonly ASTNode[];
}

/** Functions that bind a name and go over a list. */
const macros: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** Walks an expression once: what it reads, what it calls, how deep it loops. */
export function survey(root: ASTNode): Survey {
  const references: Reference[] = [];
  const calls: Call[] = [];
  const looped: ASTNode[] = [];
  let loops = 0;

  const visit = (node: ASTNode, bound: ReadonlySet<string>, depth: number, optional: boolean): void => {
    loops = Math.max(loops, depth);
    const chain = chainOf(node);
    if (chain !== null) {
      const [first = ''] = chain.path;
      if (!bound.has(first)) references.push({ ...chain, optional });
      return;
    }
    switch (node.op) {
      case 'value':
      case 'id':
        return;
      case '.':
      case '.?':
        return visit(node.args[0], bound, depth, false);
      case 'call': {
        const [name, args] = node.args;
        calls.push({ name, args, node });
        for (const arg of args) visit(arg, bound, depth, name === 'has');
        return;
      }
      case 'rcall': {
        const [name, receiver, args] = node.args;
        calls.push({ name, args, node });
        visit(receiver, bound, depth, false);
        const [variable, ...rest] = args;
        if (macros.has(name) && variable?.op === 'id') {
          const inner = new Set([...bound, variable.args]);
          for (const arg of rest) visit(arg, inner, depth + 1, false);
        } else for (const arg of args) visit(arg, bound, depth, false);
        return;
      }
      case 'map':
        for (const [key, value] of node.args) {
          visit(key, bound, depth, false);
          visit(value, bound, depth, false);
        }
        return;
      case '!_':
      case '-_':
        return visit(node.args, bound, depth, false);
      default:
        if ((node.op === '/' || node.op === '%') && depth > 0) looped.push(node);
        for (const arg of node.args) visit(arg, bound, depth, false);
    }
  };
  visit(root, new Set(), 0, false);
  return { references, calls, loops, looped };
}

/** `a.b["c"]` as a path, or null where the node is something else. */
function chainOf(node: ASTNode): Omit<Reference, 'optional'> | null {
  if (node.op === 'id') {
    return { path: [node.args], start: node.start, end: node.end, ends: [node.end] };
  }
  if (node.op !== '.' && node.op !== '[]') return null;
  const inner = chainOf(node.args[0]);
  if (inner === null) return null;
  const key = node.args[1];
  const name =
    typeof key === 'string' ? key : key.op === 'value' && typeof key.args === 'string' ? key.args : null;
  if (name === null) return null;
  return { path: [...inner.path, name], start: inner.start, end: node.end, ends: [...inner.ends, node.end] };
}

/** Parts that do arithmetic, innermost first, with the conditions that decide whether they are reached. */
export function arithmeticOf(
  root: ASTNode,
  isTrue: (condition: ASTNode) => boolean | null,
): readonly ASTNode[] {
  const found: ASTNode[] = [];
  const visit = (node: ASTNode): void => {
    switch (node.op) {
      case 'value':
      case 'id':
        return;
      case '.':
      case '.?':
        return visit(node.args[0]);
      case 'call':
        for (const arg of node.args[1]) visit(arg);
        return;
      case 'rcall':
        visit(node.args[1]);
        if (!macros.has(node.args[0])) for (const arg of node.args[2]) visit(arg);
        return;
      case 'map':
        for (const pair of node.args) for (const part of pair) visit(part);
        return;
      case '!_':
      case '-_':
        return visit(node.args);
      case '?:': {
        const [condition, yes, no] = node.args;
        visit(condition);
        const taken = isTrue(condition);
        if (taken !== false) visit(yes);
        if (taken !== true) visit(no);
        return;
      }
      default:
        for (const arg of node.args) visit(arg);
        if (node.op === '/' || node.op === '%' || node.op === '*' || node.op === '-' || node.op === '+')
          found.push(node);
    }
  };
  visit(root);
  return found;
}
