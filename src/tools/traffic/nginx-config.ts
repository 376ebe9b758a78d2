import { OperatorError, exitCode } from '../../errors.ts';
import type { Weights } from './model.ts';

/**
 * The part of an nginx configuration that a shift writes: an upstream whose servers have their names as comments, and
 * one variable that says which weights were loaded, for nginx has no other way to tell.
 *
 *     upstream shop {
 *       server 127.0.0.1:8081 weight=1; # blue1
 *       server 127.0.0.1:8082 down;     # green1
 *     }
 *     map $host $walkback_weights { default "blue1=1 green1=0"; }
 */

const serverLine = /^(\s*server\s+\S+)([^;]*)(;\s*#\s*)(\S+)(.*)$/;
const loadedLine = /(\$walkback_weights\s*\{\s*default\s+")([^"]*)(")/;

function linesOf(config: string, upstream: string) {
  let inside = false;
  return config.split('\n').map((text) => {
    const bare = text.trim();
    if (/^upstream\s/.test(bare)) inside = bare.split(/[\s{]+/)[1] === upstream;
    const line = { text, inside, found: inside ? serverLine.exec(text) : null };
    if (bare.startsWith('}')) inside = false;
    return line;
  });
}

function weightOf(parameters: string): number {
  if (/\sdown\b/.test(parameters)) return 0;
  return Number(/\sweight=(\d+)/.exec(parameters)?.[1] ?? 1);
}

/**
 * Weights of an upstream as the file has them, by the names of its servers. Empty where there is none of that name, or no
 * server of it has a name.
 * @throws OperatorError exit code 3 where only some have a name of their own: the others would get traffic uncounted
 */
export function weightsInNginx(config: string, upstream: string): Weights {
  const lines = linesOf(config, upstream);
  const weights = Object.fromEntries(
    lines.flatMap(({ found }) => (found === null ? [] : [[found[4] ?? '', weightOf(found[2] ?? '')]])),
  );
  const names = Object.keys(weights).length;
  const servers = lines
    .filter(({ inside }) => inside)
    .reduce(
      (sum, { text }) => sum + ((text.split('#')[0] ?? '').match(/(?:^|[;{])\s*server\s/g) ?? []).length,
      0,
    );
  if (names > 0 && names !== servers)
    throw new OperatorError(
      `The upstream ${upstream} has ${String(servers)} servers, and ${String(names)} names of servers.`,
      ['Give each a line and a name of its own: server 127.0.0.1:8081; # blue1'],
      { exitCode: exitCode.failed },
    );
  return weights;
}

/** False where nothing in it would tell which weights were loaded. */
export const tellsWeights = (config: string): boolean => loadedLine.test(config);

/** The same file with other weights, also in the variable that tells them. nginx knows no weight of 0: `down` stands for it. */
export function nginxWithWeights(config: string, upstream: string, weights: Weights, told: string): string {
  return linesOf(config, upstream)
    .map(({ text, found }) => {
      const [, server = '', parameters = '', mark = '', name = '', rest = ''] = found ?? [];
      const wanted = found === null ? undefined : weights[name];
      if (wanted === undefined || wanted === weightOf(parameters)) return text;
      const bare = parameters.replaceAll(/\s+(?:down\b|weight=\d+)/g, '').trimEnd();
      return `${server}${bare}${wanted === 0 ? ' down' : ` weight=${wanted}`}${mark}${name}${rest}`;
    })
    .join('\n')
    .replace(loadedLine, (_all, before: string, _old, after: string) => `${before}${told}${after}`);
}
