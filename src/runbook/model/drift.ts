import type { Command, Position, Template } from './values.ts';

/** Something whose changes are looked for: a file, or what a command prints about what runs. */
export interface DriftCapture {
  readonly id: string;
  readonly title: string;
  readonly source:
    | { readonly kind: 'file'; readonly path: Template }
    | { readonly kind: 'command'; readonly command: Command };
  /** Where it lies in its repository, for the patch; null: by its own path, or its id. */
  readonly path: string | null;
  /** How long one look may take. */
  readonly limitMs: number;
  /** RE2 patterns: lines that hold one of them do not count. */
  readonly ignore: readonly string[];
  /** Steps of the runbook that change it: what they do is no drift. */
  readonly changedBy: readonly string[];
  readonly at: Position;
}
