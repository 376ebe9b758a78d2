/**
 * The statements of a script for PostgreSQL or SQLite, without comments, each trimmed. Texts, quoted names and dollar
 * quotes are kept whole, so that no semicolon or comment inside one is taken for the script's own. A line of psql
 * (`\i more.sql`) is a statement that begins with a backslash.
 */
export function statementsOf(script: string): readonly string[] {
  const found: string[] = [];
  let current = '';
  const end = (): void => {
    if (current.trim() !== '') found.push(current.trim());
    current = '';
  };
  for (let at = 0; at < script.length; ) {
    const rest = script.slice(at, at + 256);
    const line = lineEnd(script, at);
    if (rest.startsWith('--')) {
      at = line;
      current += ' ';
    } else if (rest.startsWith('/*')) {
      at = commentEnd(script, at);
      current += ' ';
    } else if (rest.startsWith(';')) {
      end();
      at += 1;
    } else if (rest.startsWith('\\') && current.trim() === '') {
      current = script.slice(at, line);
      end();
      at = line;
    } else {
      const next = quoteEnd(script, at, rest) ?? at + 1;
      current += script.slice(at, next);
      at = next;
    }
  }
  end();
  return found;
}

/** A statement for reading its words: texts and quoted names give nothing away. */
export const wordsOf = (statement: string): string =>
  statement
    .replaceAll(/(\$[\p{L}_]*[\p{L}\p{N}_]*\$)[\s\S]*?\1/gu, "''")
    .replaceAll(/'(?:[^']|'')*'/g, "''")
    .replaceAll(/"(?:[^"]|"")*"/g, '"q"')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase();

function lineEnd(script: string, at: number): number {
  const found = script.indexOf('\n', at);
  return found === -1 ? script.length : found;
}

/** PostgreSQL's comments nest. */
function commentEnd(script: string, from: number): number {
  let depth = 0;
  for (let at = from; at < script.length; at += 1) {
    const two = script.slice(at, at + 2);
    if (two === '/*') depth += 1;
    else if (two === '*/') depth -= 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  return script.length;
}

/** Where a text, a quoted name or a dollar quote that begins here is over; null where none begins. */
function quoteEnd(script: string, at: number, rest: string): number | null {
  const escapes = /[eE]/.test(script[at - 1] ?? '') && !/[\p{L}\p{N}_]/u.test(script[at - 2] ?? '');
  const [first = ''] = rest;
  if (first === "'" || first === '"') {
    for (let next = at + 1; next < script.length; next += 1) {
      if (first === "'" && escapes && script[next] === '\\') next += 1;
      else if (script[next] === first) {
        if (script[next + 1] !== first) return next + 1;
        next += 1;
      }
    }
    return script.length;
  }
  const dollar = /^\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/u.exec(rest)?.[0];
  if (dollar === undefined || /[\p{L}\p{N}_]/u.test(script[at - 1] ?? '')) return null;
  const close = script.indexOf(dollar, at + dollar.length);
  return close === -1 ? script.length : close + dollar.length;
}
