import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fields } from '../http.ts';

export type Weights = Readonly<Record<string, number>>;

const weightsFile = (folder: string): string => path.join(folder, 'proxy', 'weights.json');

export function readWeights(folder: string): Weights {
  return parseWeights(fields(readFileSync(weightsFile(folder), 'utf8'))) ?? {};
}

export function writeWeights(folder: string, weights: Weights): void {
  const file = weightsFile(folder);
  writeFileSync(`${file}.new`, `${JSON.stringify(weights, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** Whole percentages from 0 to 100, or null: a proxy must not half understand its configuration. */
export function parseWeights(value: Readonly<Record<string, unknown>>): Weights | null {
  const weights: Record<string, number> = {};
  for (const [name, weight] of Object.entries(value)) {
    if (typeof weight !== 'number' || !Number.isInteger(weight) || weight < 0 || weight > 100) return null;
    weights[name] = weight;
  }
  return weights;
}
