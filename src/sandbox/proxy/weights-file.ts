import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export type Weights = Readonly<Record<string, number>>;

/** Written the way HAProxy has its configuration; the running proxy is asked through its socket. */
export const weightsFile = (folder: string): string => path.join(folder, 'proxy', 'haproxy.cfg');

const serverLine = /^\s*server\s+(\S+)\s+\S+.*?(?:\sweight\s+(\d+))?\s*(?:#.*)?$/;

/** Null where a line is not what it could start with: the check of a new file. */
export function weightsIn(text: string): Weights | null {
  const weights: Record<string, number> = {};
  for (const line of text.split('\n').filter((one) => !/^\s*(?:#.*)?$/.test(one))) {
    if (/^backend shop\s*$/.test(line)) continue;
    const [, name, weight = '1'] = serverLine.exec(line) ?? [];
    if (name === undefined) return null;
    weights[name] = Number(weight);
  }
  return parseWeights(weights);
}

export const readWeights = (folder: string): Weights =>
  weightsIn(readFileSync(weightsFile(folder), 'utf8')) ?? {};

export function writeWeights(folder: string, weights: Weights): void {
  const file = weightsFile(folder);
  const servers = Object.entries(weights).map(
    ([name, weight]) => `  server ${name} ${name}.shop.internal:80 check weight ${weight}`,
  );
  writeFileSync(`${file}.new`, ['backend shop', ...servers, ''].join('\n'));
  renameSync(`${file}.new`, file);
}

/** Whole numbers from 0 to 256, or null: a proxy must not half understand its configuration. */
export function parseWeights(value: Readonly<Record<string, unknown>>): Weights | null {
  const weights: Record<string, number> = {};
  for (const [name, weight] of Object.entries(value)) {
    if (typeof weight !== 'number' || !Number.isInteger(weight) || weight < 0 || weight > 256) return null;
    weights[name] = weight;
  }
  return weights;
}
