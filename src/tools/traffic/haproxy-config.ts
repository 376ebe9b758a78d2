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
  let isDefaults = false;
  // what a server weighs that says nothing itself: by `default-server` of its section, or of the defaults before it
  const named = new Map<string, number>();
  let defaults = { name: '', weight: 1 };
  let usual = 1;
  return config.split('\n').map((text): Line => {
    const [code = ''] = text.split('#');
    const bare = code.trim();
    if (sections.test(bare)) {
      const [kind = '', ...words] = bare.split(/\s+/);
      const from = words.includes('from') ? words.at(words.indexOf('from') + 1) : undefined;
      isDefaults = kind === 'defaults';
      inside = (kind === 'backend' || kind === 'listen') && words[0] === backend;
      usual = from === undefined ? (isDefaults ? 1 : defaults.weight) : (named.get(from) ?? 1);
      if (isDefaults) defaults = { name: words[0] === 'from' ? '' : (words[0] ?? ''), weight: usual };
    }
    const weight = weightWord.exec(code)?.[2];
    if (/^default-server\s/.test(bare) && weight !== undefined) {
      usual = Number(weight);
      if (isDefaults) defaults = { ...defaults, weight: usual };
    }
    if (isDefaults) named.set(defaults.name, defaults.weight);
    const [, name] = inside ? (/^server\s+(\S+)\s/.exec(`${bare} `) ?? []) : [];
    return { text, server: name === undefined ? null : { name, weight: Number(weight ?? usual) } };
  });
}

/** Weights of a backend as the file has them, or `default-server`; 1 where neither says one. Empty where there is no such backend. */
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
