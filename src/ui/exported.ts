/** What can be written into a file of its own. */
export type Exported =
  | { readonly kind: 'session'; readonly session: string }
  | { readonly kind: 'comparison'; readonly left: string; readonly right: string }
  | { readonly kind: 'statistics' };

/**
 * Writes it into a new file and never over another one; the ending of the name is the format. Without a path it finds a
 * free name in the folder where the person is.
 */
export type WriteExport = (
  what: Exported,
  path: string | null,
) => Promise<{ readonly file: string } | { readonly trouble: string }>;

/** The name that is offered for it. */
export function exportName(what: Exported): string {
  switch (what.kind) {
    case 'session':
      return `${what.session}.html`;
    case 'comparison':
      return `${what.left}-${what.right}.txt`;
    case 'statistics':
      return 'statistics.txt';
  }
}

/** The endings that are understood, as they are told. */
export const exportEndings = {
  session: '.html .md .json .jsonl .csv .xml (JUnit) .cast .patch',
  comparison: '.txt .json',
  statistics: '.txt .csv .json',
} as const satisfies Readonly<Record<Exported['kind'], string>>;
