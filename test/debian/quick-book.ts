import { examineAny } from '../../src/cli/load.ts';
import type { Template } from '../../src/runbook/model/values.ts';
import { openMonitoring, type FakeMonitoring } from '../cli/fake-monitoring.ts';

/** Figures of a shipped runbook that a test does not wait for, and what it waits for instead. */
const shorter: readonly (readonly [string, string])[] = [
  ['every: 10s', 'every: 200ms'],
  ['every: 5s', 'every: 200ms'],
  ['within: 20m', 'within: 10s'],
  ['within: 5m', 'within: 5s'],
  ['within: 3m', 'within: 5s'],
  ['--max-age=10m', '--max-age=1s'],
  ['release-60m..release', 'release-10s..release'],
  ['settle: 1m', 'settle: 0s'],
  ['current: 5m', 'current: 3s\n              every: 100ms'],
  ['objections: 10s', 'objections: 100ms'],
  ['settle: 30s', 'settle: 100ms'],
];

/** The text of a shipped runbook with its waits cut short; nothing else of it is another. */
export const quickened = (text: string): string =>
  shorter.reduce((left, [long, short]) => left.replaceAll(long, short), text);

export interface Monitoring extends FakeMonitoring {
  /** What a probe of the runbook measures from now on. */
  readonly measure: (probe: string, value: number) => void;
}

/**
 * A Prometheus that answers every question of a runbook, those of its objectives too: by probe, else 1.
 * @param env values of its environment that stand in questions
 */
export async function monitoringOf(
  file: string,
  env: Readonly<Record<string, string>>,
  values: Readonly<Record<string, number>>,
): Promise<Monitoring> {
  const { loaded } = examineAny(file);
  if (!loaded.ok) throw new Error(`${file} does not load`);
  const { probes } = loaded.runbook;
  const textOf = ({ parts }: Template): string =>
    parts
      .map((part) => (typeof part === 'string' ? part : (env[part.source.replace('env.', '').trim()] ?? '')))
      .join('');
  const queries = new Map(
    Object.entries(probes).flatMap(([id, { source }]): readonly (readonly [string, string])[] =>
      source.kind === 'prometheus' ? [[id, textOf(source.query)]] : [],
    ),
  );
  const monitoring = await openMonitoring(
    Object.fromEntries([...queries].map(([id, query]) => [query, values[id] ?? 1])),
  );
  return { ...monitoring, measure: (probe, value) => monitoring.set(queries.get(probe) ?? '', value) };
}
