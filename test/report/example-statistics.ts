import { statisticsOf } from '../../src/judge/statistics.ts';
import type { Deployment, SessionFigure } from '../../src/judge/session-figure.ts';

const day = 86_400_000;

const sessionOf = (n: number, mode: 'LIVE' | 'DRILL'): SessionFigure => ({
  mode,
  production: true,
  service: n % 2 === 0 ? 'shop' : '=mail"\n\u001b[31m',
  environment: 'production',
  runbook: 'shop_rollback',
  release: 'r1',
  startedMs: n * day,
  failed: -10_000,
  detected: 0,
  decided: 1000 * (n + 30),
  recovered: 1000 * (n + 100),
  givenBack: null,
  ended: 200_000,
  outcome: 'rolled_back',
  told: null,
  toldRelease: null,
});

const deployment: Deployment = {
  service: 'shop',
  environment: 'production',
  production: true,
  release: 'r1',
  finishedMs: 0,
  committedMs: null,
  unplanned: false,
};
/** Twelve live sessions, half of them of a service with a hostile name, one drill, two deployments. */
export const statistics = statisticsOf({
  sessions: [...Array.from({ length: 12 }, (_, n) => sessionOf(n, 'LIVE')), sessionOf(12, 'DRILL')],
  allDeployments: [deployment, { ...deployment, release: 'r2', finishedMs: day, unplanned: true }],
  fromMs: 0,
  toMs: 30 * day,
});
