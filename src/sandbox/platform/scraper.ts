import { isoTime, type DomainClock } from '../clock.ts';
import { call } from '../http.ts';
import { expositionReader, type ExposedSample } from '../metrics/exposition.ts';
import type { Labels } from '../metrics/registry.ts';
import { labelKey, type SeriesStore } from '../metrics/store.ts';

export interface Target {
  readonly job: string;
  readonly instance: string;
  readonly url: () => string;
}

interface TargetState {
  readonly target: Target;
  readonly read: (text: string) => readonly ExposedSample[];
  exposed: Map<string, Labels>;
  health: 'unknown' | 'up' | 'down';
  lastScrape: number;
  lastError: string;
  durationMs: number;
}

export interface Scraper {
  scrape(): Promise<void>;
  /** The `/api/v1/targets` answer. */
  describe(): unknown;
}

const ownLabels = ({ job, instance }: Target): Labels => ({ job, instance });

/** Reads every process's metrics into the store, with `up`, and marks as stale what a target no longer exposes. */
export function scraper(targets: readonly Target[], store: SeriesStore, clock: DomainClock): Scraper {
  const states = targets.map((target): TargetState => ({
    target,
    read: expositionReader(ownLabels(target)),
    exposed: new Map(),
    health: 'unknown',
    lastScrape: 0,
    lastError: '',
    durationMs: 0,
  }));

  async function scrapeOne(state: TargetState, at: number): Promise<void> {
    const own = ownLabels(state.target);
    const before = performance.now();
    const exposed = new Map<string, Labels>();
    try {
      const answer = await call(`${state.target.url()}/metrics`, {
        timeoutMs: 1_000,
        headers: { 'x-client': 'metrics' },
      });
      if (answer.status !== 200) throw new Error(`server returned HTTP status ${answer.status}`);
      for (const { labels, value } of state.read(answer.text)) {
        store.append(labels, at, value);
        exposed.set(labelKey(labels), labels);
      }
      state.health = 'up';
      state.lastError = '';
    } catch (error) {
      state.health = 'down';
      state.lastError = error instanceof Error ? error.message : String(error);
    }
    for (const [key, labels] of state.exposed) if (!exposed.has(key)) store.append(labels, at, null);
    state.exposed = exposed;
    state.lastScrape = at;
    state.durationMs = performance.now() - before;
    store.append({ __name__: 'up', ...own }, at, state.health === 'up' ? 1 : 0);
    store.append({ __name__: 'scrape_duration_seconds', ...own }, at, state.durationMs / 1000);
  }

  return {
    async scrape() {
      const at = clock.now();
      await Promise.all(states.map((state) => scrapeOne(state, at)));
    },
    describe: () => ({
      activeTargets: states.map(({ target, health, lastScrape, lastError, durationMs }) => ({
        labels: { job: target.job, instance: target.instance },
        scrapePool: target.job,
        scrapeUrl: `${target.url()}/metrics`,
        health,
        lastError,
        lastScrape: isoTime(lastScrape),
        lastScrapeDuration: durationMs / 1000,
      })),
      droppedTargets: [],
    }),
  };
}
