import type { Weights } from './model.ts';

/** Lines of a HAProxy configuration, and where the servers of one backend stand in it. */
interface Line {
  readonly text: string;
  readonly server: { readonly name: string; readonly weight: number } | null;
}

const sections =
  /^(global|defaults|frontend|backend|listen|userlist|peers|resolvers|cache|program|ring|http-errors|mailers|log-forward|fcgi-app)\b/;
const weightWord = /(\sweight\s+)(\d+)/;

function linesOf(config: string, backend: string): readonly Line[] {
  let inside = false;
  return config.split('\n').map((text): Line => {
    const bare = text.trim();
    if (sections.test(bare)) inside = /^(?:backend|listen)\s/.test(bare) && bare.split(/\s+/)[1] === backend;
    const [, name] = inside ? (/^server\s+(\S+)\s/.exec(`${bare} `) ?? []) : [];
    if (name === undefined) return { text, server: null };
    const [code = ''] = text.split('#');
    return { text, server: { name, weight: Number(weightWord.exec(code)?.[2] ?? 1) } };
  });
}

/** Weights of a backend as the file has them; 1 where it says none. Empty where there is no such backend. */
export const weightsInHaproxy = (config: string, backend: string): Weights =>
  Object.fromEntries(
    linesOf(config, backend).flatMap(({ server }) => (server === null ? [] : [[server.name, server.weight]])),
  );

/** The same file with other weights; every other character stays. */
export const haproxyWithWeights = (config: string, backend: string, weights: Weights): string =>
  linesOf(config, backend)
    .map(({ text, server }) => {
      const wanted = server === null ? undefined : weights[server.name];
      if (server === null || wanted === undefined || wanted === server.weight) return text;
      const [code = '', ...comment] = text.split('#');
      const changed = weightWord.test(code)
        ? code.replace(weightWord, (_all, word: string) => `${word}${wanted}`)
        : `${code.trimEnd()} weight ${wanted}${comment.length > 0 ? ' ' : ''}`;
      return [changed, ...comment].join('#');
    })
    .join('\n');
