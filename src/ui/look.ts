import { glyphsOf, type Glyphs } from './glyphs.ts';
import type { Theme } from './theme.ts';

/** How things are drawn here: the set of signs, and colour or none. */
export interface Look {
  readonly glyphs: Glyphs;
  readonly theme: Theme;
}

export const lookOf = (options: { readonly ascii: boolean; readonly noColor: boolean }): Look => ({
  glyphs: glyphsOf(options.ascii),
  theme: { color: !options.noColor },
});
