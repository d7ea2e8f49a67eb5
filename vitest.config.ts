import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // What programs keep in their user's cache folder, they keep here when tests run them.
    env: { XDG_CACHE_HOME: join(import.meta.dirname, '.cache', 'home') },
  },
});
