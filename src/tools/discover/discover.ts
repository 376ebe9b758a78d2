import { filled } from './fill.ts';
import { discoverKubernetes } from './kubernetes.ts';
import { together, type Place } from './look.ts';
import { discoverPrometheus } from './prometheus.ts';
import { discoverRepository } from './repository.ts';

export interface DiscoverRequest {
  /** The reference runbook. */
  readonly text: string;
  readonly name: string;
  /** The Deployment that it is about, where the person says so. */
  readonly deployment: string | null;
  readonly prometheus: string | null;
  readonly place: Place;
}

/** Looks around with commands that only read, all at once, and fills the reference runbook with what they say. */
export async function discover({
  text,
  name,
  deployment,
  prometheus,
  place,
}: DiscoverRequest): Promise<{ readonly text: string; readonly skipped: readonly string[] }> {
  const wanted = deployment ?? name.split('_')[0] ?? null;
  const [kubernetes, repository, monitoring] = await Promise.all([
    discoverKubernetes(place, wanted),
    discoverRepository(place),
    discoverPrometheus(place, prometheus),
  ]);
  const found = together([kubernetes, repository, monitoring]);
  return { text: filled(text, name, found, monitoring.metrics), skipped: found.skipped };
}
