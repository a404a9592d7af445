import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/deep/**', 'test/bench/**'],
    reporters: ['default', ['json', { outputFile: 'build/test-results.json' }]],
    pool: 'forks',
    maxWorkers: 2,
    // On a shared machine a test may meet a pause longer than its patience; what fails twice is broken.
    retry: process.env.CI === undefined ? 0 : 1,
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
