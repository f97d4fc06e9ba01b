import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/home-assistant/*.suite.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One house for all: what a test finds is what the one before has left.
    bail: 1,
  },
});

// biome-ignore lint/style/noDefaultExport: vitest looks for it.
export default config;
