import { defineConfig } from 'vitest/config';

const shared = { testTimeout: 30_000, hookTimeout: 30_000, retry: 0, passWithNoTests: false } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/tty/**', 'test/torture/**', 'test/debian/**'],
        },
      },
      { test: { ...shared, name: 'tty', include: ['test/tty/**/*.test.ts'], testTimeout: 120_000 } },
      {
        test: { ...shared, name: 'torture', include: ['test/torture/**/*.test.ts'], testTimeout: 3_600_000 },
      },
    ],
  },
});
