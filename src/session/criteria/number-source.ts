import type { Job } from '../kit.ts';
import { instantReader, measure, readerFor, templatesOf } from '../kit.ts';
import type { NumberSource } from './trigger-reading.ts';

/** The numbers of a running session: its probes with its values in their places, at its domain clock. */
export function numbersFor(job: Job): NumberSource {
  const { domainNow, ports } = job.options;
  return {
    now: domainNow,
    measure: (probe) => measure(job, probe),
    series: async (probe, span) => {
      const parts = templatesOf(probe);
      const reader = instantReader(job, parts) ?? (await readerFor(job, parts));
      return ports.measurer.series(probe, reader.fill, span, job.signal);
    },
  };
}
