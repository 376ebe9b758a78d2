import { defineConfig } from 'vitest/config';

const shared = { testTimeout: 30_000, hookTimeout: 30_000, retry: 0, passWithNoTests: false } as const;

/** A folder for a report of every run, as JSON: the gate counts the tests in it. */
const reports = process.env['WALKBACK_TEST_REPORTS'];

export default defineConfig({
  test: {
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
          maxWorkers: 2, // most of them wait for processes more than they compute
        },
      },
      {
        test: {
          ...shared,
          name: 'tty',
          include: ['test/tty/**/*.test.ts'],
          testTimeout: 120_000,
          fileParallelism: false, // a terminal is watched for quiet moments
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
