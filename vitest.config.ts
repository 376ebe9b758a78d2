import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const shared = { testTimeout: 60_000, hookTimeout: 30_000, retry: 0, passWithNoTests: false } as const;

/** A folder for a report of every run, as JSON: the gate counts the tests in it. */
const reports = process.env['WALKBACK_TEST_REPORTS'];

/** Where the files lie that take longest, longest first. */
const longest = ['drill', 'runbooks', 'kill', 'sandbox', 'actions', 'cli'].map(
  (folder) => `/test/${folder}/`,
);

/** Begins with what takes longest, so that no worker is left alone with it at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((folder) => moduleId.includes(folder));
      return at === -1 ? longest.length : at;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- of the sequencer, not of an array
    const known = await super.sort(files);
    return known.toSorted((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    ...(reports !== undefined && {
      reporters: ['default', ['json', { outputFile: `${reports}/${process.pid}.json` }]],
    }),
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/tty/**', 'test/torture/**', 'test/debian/**'],
          maxWorkers: 3, // most of them wait for processes more than they compute
          isolate: false, // a worker keeps the modules that it has loaded: a fifth of the time of all files
        },
      },
      {
        test: {
          ...shared,
          name: 'tty',
          include: ['test/tty/**/*.test.ts'],
          testTimeout: 120_000,
          maxWorkers: 2, // a terminal is watched for quiet moments
        },
      },
      {
        test: {
          ...shared,
          name: 'debian',
          include: ['test/debian/**/*.test.ts'],
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: { ...shared, name: 'torture', include: ['test/torture/**/*.test.ts'], testTimeout: 3_600_000 },
      },
    ],
  },
});
