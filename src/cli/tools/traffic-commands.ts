import { resolve } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';
import { census } from '../../tools/traffic/census.ts';
import { haproxy } from '../../tools/traffic/haproxy.ts';
import { parseWeights, weightsText, type Pools, type Proxy } from '../../tools/traffic/model.ts';
import { nginx } from '../../tools/traffic/nginx.ts';
import { runningConfig } from '../../tools/traffic/running-config.ts';
import * as traffic from '../../tools/traffic/shift.ts';
import { inertLine } from '../inert-line.ts';
import type { Surroundings } from '../surroundings.ts';

interface PlaceFlags {
  readonly haproxy?: string;
  readonly nginx?: string;
  readonly config: string;
  readonly backend: string;
  readonly main?: string;
  readonly check?: string;
  readonly reload?: string;
  readonly ready: readonly string[];
  readonly json?: true;
}

interface PoolFlags extends PlaceFlags {
  readonly prior: string;
  readonly current: string;
}

function proxyAt({ cwd, env }: Surroundings, flags: PlaceFlags): Proxy {
  const config = resolve(cwd, flags.config);
  if ((flags.haproxy === undefined) === (flags.nginx === undefined))
    throw new OperatorError('Which proxy?', ['Give one of --haproxy and --nginx.']);
  if (flags.haproxy !== undefined) {
    const socket = /^[^/]+:\d+$/.test(flags.haproxy) ? flags.haproxy : resolve(cwd, flags.haproxy);
    const check = wordsOf(flags.check ?? 'haproxy -c -f {file}');
    return haproxy({ socket, config, backend: flags.backend, check, env });
  }
  const main = flags.main === undefined ? [] : ['-c', resolve(cwd, flags.main)];
  return nginx({
    status: flags.nginx ?? '',
    config,
    upstream: flags.backend,
    check: ['nginx', ...main, '-t'],
    reload: flags.reload === undefined ? ['nginx', ...main, '-s', 'reload'] : wordsOf(flags.reload),
    ready: Object.fromEntries(flags.ready.map(readyOf)),
    env,
  });
}

/** Words of a program: no shell, no quoting. */
const wordsOf = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

function readyOf(text: string): readonly [string, string] {
  const [, name, url] = /^([^=]+)=(https?:\/\/.+)$/.exec(text) ?? [];
  if (name === undefined || url === undefined)
    throw new OperatorError(`\`${text}\` is not NAME=URL.`, [
      'Write --ready blue1=http://127.0.0.1:8081/healthz.',
    ]);
  return [name, url];
}

function namesOf(option: string, text: string): readonly string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new OperatorError(`${option} names no server.`, ['Name at least one.']);
  return names;
}

function poolsOf(flags: PoolFlags): Pools {
  const [prior, current] = [namesOf('--prior', flags.prior), namesOf('--current', flags.current)];
  const both = prior.find((name) => current.includes(name));
  if (both !== undefined)
    throw new OperatorError(`${both} is in both pools.`, ['A server runs one release.']);
  return { prior, current };
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (!(number >= least && number <= most))
    throw new OperatorError(`${option} ${text} is not a whole number from ${least} to ${most}.`, [
      `Correct ${option}.`,
    ]);
  return number;
}

const percent = (share: number | null): string => (share === null ? 'no weight at all' : `${share} %`);

function say(around: Surroundings, flags: { readonly json?: true }, data: object, text: string): void {
  around.write(flags.json === true ? `${JSON.stringify(data)}\n` : `${inertLine(text)}\n`);
}

/** `walkback traffic read` */
export async function read(
  around: Surroundings,
  flags: PoolFlags & { readonly exact?: true },
): Promise<number> {
  const standing = await traffic.readStanding(proxyAt(around, flags), poolsOf(flags));
  const { running, written, drift, prior, priorWritten } = standing;
  if (flags.exact === true) {
    around.write(`${weightsText(running)}\n`);
    return exitCode.done; // what runs is what is asked for, whatever the file says
  }
  say(
    around,
    flags,
    standing,
    drift
      ? `DRIFT: prior ${percent(prior)} in what runs (${weightsText(running)}), ${percent(priorWritten)} in the file (${weightsText(written)})`
      : `prior ${percent(prior)} (${weightsText(running)}), in the running proxy and in the file`,
  );
  return drift ? exitCode.failed : exitCode.done;
}

/** `walkback traffic running` */
export async function running(
  around: Surroundings,
  flags: { readonly haproxy: string; readonly config: string; readonly backend: string },
): Promise<number> {
  const config = resolve(around.cwd, flags.config);
  // a file to compare and to patch: not a character of it is changed
  around.write(
    await runningConfig({ config, backend: flags.backend }, proxyAt(around, { ...flags, ready: [] })),
  );
  return exitCode.done;
}

/** `walkback traffic shift` */
export async function shift(
  around: Surroundings,
  flags: PoolFlags & { readonly to: string; readonly least?: string },
): Promise<number> {
  const pools = poolsOf(flags);
  const to = numberOf('--to', flags.to, 0, 100);
  const least = flags.least === undefined ? null : numberOf('--least', flags.least, 1, 10_000);
  const startMs = performance.now();
  const { before, after } = await traffic.shift(proxyAt(around, flags), pools, to, least);
  const tookMs = Math.round(performance.now() - startMs);
  say(
    around,
    flags,
    { before, after, tookMs },
    `prior ${percent(before.prior)} → ${percent(after.prior)} in ${tookMs} ms (${weightsText(after.running)}), in the running proxy and in the file`,
  );
  return exitCode.done;
}

/** `walkback traffic restore` */
export async function restore(
  around: Surroundings,
  flags: PoolFlags & { readonly weights: string },
): Promise<number> {
  const weights = parseWeights(flags.weights);
  if (weights === null)
    throw new OperatorError(`\`${flags.weights}\` are no weights.`, [
      'Write them as `traffic read --exact` does: "blue1=0 green1=1".',
    ]);
  const after = await traffic.restore(proxyAt(around, flags), poolsOf(flags), weights);
  say(
    around,
    flags,
    after,
    `prior ${percent(after.prior)} (${weightsText(after.running)}), in the running proxy and in the file`,
  );
  return exitCode.done;
}

/** `walkback traffic ready` */
export async function ready(
  around: Surroundings,
  flags: PoolFlags & { readonly pool: 'prior' | 'current'; readonly least?: string },
): Promise<number> {
  const least = flags.least === undefined ? null : numberOf('--least', flags.least, 1, 10_000);
  const health = await traffic.poolHealth(proxyAt(around, flags), poolsOf(flags)[flags.pool], least);
  say(around, flags, health, traffic.healthText(health));
  return { healthy: exitCode.done, unhealthy: exitCode.failed, unknown: exitCode.unknown }[health.verdict];
}

interface CensusFlags {
  readonly url: string;
  readonly value: string;
  readonly share: string;
  readonly times: string;
  readonly header?: string;
  readonly path?: string;
  readonly json?: true;
}

/** `walkback traffic census` */
export async function countAnswers(around: Surroundings, flags: CensusFlags): Promise<number> {
  if (flags.header !== undefined && flags.path !== undefined)
    throw new OperatorError('A header tells, or the body does.', ['Give one of --header and --path.']);
  const times = numberOf('--times', flags.times, 1, 100_000);
  const share = numberOf('--share', flags.share, 0, 100);
  const found = await census({
    url: flags.url,
    times,
    header: flags.header ?? null,
    json: flags.path ?? null,
    value: flags.value,
    share,
  });
  const { answers, seen, low, high, failed } = found;
  const counted = answers.map(([text, count]) => `${text} ${count}`).join(', ');
  say(
    around,
    flags,
    found,
    `${seen} of ${times} answers are ${flags.value}; ${share} % is ${low === high ? low : `${low} to ${high}`}${failed === 0 ? '' : `; ${failed} FAILED`} (${counted})`,
  );
  return { inside: exitCode.done, outside: exitCode.failed, unknown: exitCode.unknown }[found.verdict];
}
