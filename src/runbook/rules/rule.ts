export interface Rule {
  readonly severity: 'error' | 'warning';
  readonly title: string;
  /** What to do, where the problem itself knows nothing better. */
  readonly fix: string;
  readonly why: string;
}

export const error = (title: string, fix: string, why: string): Rule => ({
  severity: 'error',
  title,
  fix,
  why,
});
export const warning = (title: string, fix: string, why: string): Rule => ({
  severity: 'warning',
  title,
  fix,
  why,
});
