import { OperatorError, exitCode } from '../../errors.ts';
import {
  shareOf,
  weightsFor,
  weightsText,
  type Pools,
  type Proxy,
  type ServerHealth,
  type Weights,
} from './model.ts';

/** How the traffic stands: what serves, and what would serve after a reload. */
export interface Standing {
  readonly running: Weights;
  readonly written: Weights;
  /** A reload would change who is served by what. */
  readonly drift: boolean;
  /** Percent of the traffic that the prior pool gets in what runs, and by the file; null where there is no weight. */
  readonly prior: number | null;
  readonly priorWritten: number | null;
}

export async function readStanding(proxy: Proxy, pools: Pools): Promise<Standing> {
  const [running, written] = await Promise.all([proxy.running(), proxy.written()]);
  return {
    running,
    written,
    drift: weightsText(running) !== weightsText(written),
    prior: shareOf(running, pools.prior),
    priorWritten: shareOf(written, pools.prior),
  };
}

/**
 * Gives the prior pool `percent` of the traffic, in what runs and in the file, and reads both back. Pools that would
 * get traffic must be healthy first: at least `least` servers of each, all of them where that is null. Refused with 3,
 * and unknown with 30, before anything is touched. Setting what is set already changes nothing.
 */
export async function shift(
  proxy: Proxy,
  pools: Pools,
  percent: number,
  least: number | null,
): Promise<{ readonly before: Standing; readonly after: Standing }> {
  const weights = weightsFor(pools, percent);
  if (weights === null)
    throw new OperatorError(`${percent} % cannot be said in weights of at most 256 for these pools.`, [
      'Choose a rounder share.',
    ]);
  const before = await readStanding(proxy, pools);
  if (percent > 0) await mustBeHealthy(proxy, 'prior', pools.prior, least);
  const hasMore = percent < 100 && (before.prior === null || 100 - percent > 100 - before.prior);
  if (hasMore) await mustBeHealthy(proxy, 'current', pools.current, least);
  return { before, after: await put(proxy, pools, weights) };
}

/** Puts exact weights back: what an undo captured before. */
export async function restore(proxy: Proxy, pools: Pools, weights: Weights): Promise<Standing> {
  if (Object.values(weights).every((weight) => weight === 0))
    throw new OperatorError(
      'These weights would leave nobody with traffic.',
      ['Give at least one server a weight.'],
      {
        exitCode: exitCode.failed,
      },
    );
  return put(proxy, pools, weights);
}

async function put(proxy: Proxy, pools: Pools, weights: Weights): Promise<Standing> {
  await proxy.set(weights);
  const after = await readStanding(proxy, pools);
  const wrong = Object.entries(weights).find(([name, weight]) => after.running[name] !== weight);
  if (wrong !== undefined || after.drift)
    throw new OperatorError(
      `The weights are not what was set: running ${weightsText(after.running)}, in the file ${weightsText(after.written)}.`,
      ['Somebody else changes them as well: find out who, then set them again.'],
      { exitCode: exitCode.failed },
    );
  return after;
}

export interface PoolHealth {
  readonly servers: readonly ServerHealth[];
  readonly healthy: number;
  readonly verdict: 'healthy' | 'unhealthy' | 'unknown';
}

/** A pool is healthy where enough of it is; where it may be, but nobody checks, that is unknown. */
export async function poolHealth(
  proxy: Proxy,
  names: readonly string[],
  least: number | null,
): Promise<PoolHealth> {
  const servers = await proxy.health(names);
  const needed = least ?? names.length;
  const healthy = servers.filter((one) => one.healthy === true).length;
  const possible = servers.filter((one) => one.healthy !== false).length;
  return {
    servers,
    healthy,
    verdict: healthy >= needed ? 'healthy' : possible < needed ? 'unhealthy' : 'unknown',
  };
}

export const healthText = ({ servers, healthy }: PoolHealth): string =>
  [
    `${healthy} of ${servers.length} healthy`,
    ...servers.filter((one) => one.healthy !== true).map(({ name, detail }) => `${name}: ${detail}`),
  ].join('; ');

async function mustBeHealthy(
  proxy: Proxy,
  which: string,
  names: readonly string[],
  least: number | null,
): Promise<void> {
  const health = await poolHealth(proxy, names, least);
  if (health.verdict === 'healthy') return;
  throw new OperatorError(
    `The ${which} pool ${health.verdict === 'unknown' ? 'may not be healthy' : 'is not healthy'}: ${healthText(health)}. Nothing was shifted.`,
    ['Start or deploy what is missing, wait until it is healthy, then try again.'],
    { exitCode: health.verdict === 'unknown' ? exitCode.unknown : exitCode.failed },
  );
}
