/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessMark {
  readonly pid: number;
  /** When it started, as the system words it; only ever compared. */
  readonly start: string;
}

export interface Marks {
  readonly session: string;
  readonly attempt: string;
}
