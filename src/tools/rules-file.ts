import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { OperatorError } from '../errors.ts';

export interface RulesFile<Rules> {
  readonly rules: Rules;
  readonly file: string;
  /** Of the bytes that were read: what was changed in between is another file. */
  readonly sha256: string;
}

const mostBytes = 256 * 1024;

/**
 * Reads a small YAML file that a command is given, and holds it against its schema.
 * @throws OperatorError exit code 2, with `file:line:column` of the first mistake
 */
export function readRulesFile<Rules>(file: string, schema: z.ZodType<Rules>): RulesFile<Rules> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new OperatorError(
      `${file} cannot be read: ${cause instanceof Error ? cause.message : ''}`,
      ['Give the path of the file, from the folder that the command runs in.'],
      { cause },
    );
  }
  if (bytes.length > mostBytes)
    throw new OperatorError(`${file} is larger than ${String(mostBytes)} bytes.`, ['Is it the right file?']);
  const lines = new LineCounter();
  const document = parseDocument(bytes.toString('utf8'), { lineCounter: lines, merge: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${String(line)}:${String(col)}`;
  };
  const [broken] = document.errors;
  if (broken !== undefined)
    throw new OperatorError(`${at(broken.pos[0])}: ${broken.message.split('\n')[0] ?? ''}`, [
      'Correct the YAML there.',
    ]);
  const checked = schema.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (checked.success)
    return { rules: checked.data, file, sha256: createHash('sha256').update(bytes).digest('hex') };
  const [issue] = checked.error.issues;
  const path = issue?.path ?? [];
  const node = nodeAt(document, path);
  throw new OperatorError(
    `${at(node)}: ${path.join('.') || 'the file'}: ${issue?.message ?? 'is not valid'}`,
    ['Correct it there.'],
  );
}

/** Where the innermost part of a path that is there begins. */
function nodeAt(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { readonly range?: [number] } | undefined;
    if (node?.range !== undefined) return node.range[0];
  }
  return 0;
}
