import { scrapeInterval, type Platform } from './platform.ts';

/** Starts what goes on by itself: scrapes, rules, jobs, the pipeline, the till. Answers how to stop it. */
export function startHeartbeat(platform: Platform): () => Promise<void> {
  let going = true;
  const every = (ms: number, work: () => Promise<void> | void): Promise<void> => {
    const loop = async (): Promise<void> => {
      while (going) {
        const before = performance.now();
        try {
          await work();
        } catch (error) {
          console.error(error); // the platform's log; one bad round must not end the shop
        }
        const rest = Math.max(5, ms - (performance.now() - before));
        await new Promise((resolve) => setTimeout(resolve, rest));
      }
    };
    return loop();
  };
  const { clock } = platform;
  const loops = [
    every(scrapeInterval(clock), async () => {
      await platform.scraper.scrape();
      for (const alert of platform.alerts.setAlerts(platform.rules.evaluate())) {
        platform.chat.say(
          `FIRING ${alert.labels['alertname'] ?? ''}: ${alert.annotations['summary'] ?? ''}`,
          'alerts',
        );
      }
    }),
    every(200, () => platform.jobs.tick()),
    every(200, () => platform.pipeline.tick()),
    every(400, () => platform.till.sell()),
    every(500, () => platform.freeze.keepSessions()),
  ];
  platform.traffic.start();
  return async () => {
    going = false;
    await Promise.all([platform.traffic.stop(), ...loops]);
  };
}
