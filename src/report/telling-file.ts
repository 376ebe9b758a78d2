import type { Telling } from './telling.ts';

/**
 * The questions of a post-mortem as a text to write into, and read again. A line `## summary.felt` begins a question;
 * lines that begin with `>` are ours.
 */

export function tellingFile({ title, session, questions, flagged }: Telling): string {
  const parts = questions.map(({ id, ask, answer }) => {
    const notes = flagged
      .filter(({ part }) => part === id)
      .map(({ line, words, instead }) => `> line ${String(line)}, “${words}”: ${instead}`);
    return [`## ${id}`, `> ${ask}`, ...notes, '', answer ?? '', ''].join('\n');
  });
  return [
    `# Post-mortem of ${title} (${session})`,
    '',
    '> Write below each question; an empty answer stays open. Lines that begin with `>` or `##` are not part of it.',
    '> No names and no blame: what happened, and what made it look right?',
    '',
    ...parts,
  ].join('\n');
}

/** The answers in such a text that differ from those on record, and headings that name no question. */
export function readTellingFile(
  text: string,
  { questions }: Telling,
): {
  readonly changed: readonly { readonly id: string; readonly text: string }[];
  readonly unknown: readonly string[];
} {
  const known = new Map(questions.map(({ id, answer }) => [id, answer ?? '']));
  const found = [
    ...text.replaceAll('\r\n', '\n').matchAll(/^## (\S+)[^\n]*\n((?:(?!## )[^\n]*(?:\n|$))*)/gm),
  ].map(([, id = '', body = '']) => ({
    id,
    text: body
      .split('\n')
      .filter((line) => !line.startsWith('>'))
      .join('\n')
      .trim(),
  }));
  return {
    changed: found.filter(({ id, text: now }) => known.has(id) && known.get(id)?.trim() !== now),
    unknown: found.flatMap(({ id }) => (known.has(id) ? [] : [id])),
  };
}
