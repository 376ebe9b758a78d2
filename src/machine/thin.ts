/** At most `most` points for drawing: each stands for as many that follow each other, by their mean; gaps stay gaps. */
export function thinned(points: readonly (number | null)[], most: number): readonly (number | null)[] {
  if (points.length <= most) return points;
  const size = points.length / most;
  return Array.from({ length: most }, (_, at) => {
    const bucket = points.slice(
      Math.floor(at * size),
      Math.max(Math.floor((at + 1) * size), Math.floor(at * size) + 1),
    );
    const known = bucket.filter((value): value is number => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}
