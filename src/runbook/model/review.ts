/** Where a review is required, and whether a commit may prove it besides a signature. */
export interface ReviewPolicy {
  readonly requiredIn: readonly string[];
  /** True where the commit that brought each file in has to name its reviewer. */
  readonly byTrailer: boolean;
}
