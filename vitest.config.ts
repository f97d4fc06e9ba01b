import { defineConfig } from 'vitest/config';

/** A .toml file as its text, as esbuild loads it. */
const tomlText = {
  name: 'toml-text',
  transform: (code: string, id: string) =>
    id.endsWith('.toml') ? `export default ${JSON.stringify(code)}` : null,
};

export default defineConfig({
  plugins: [tomlText],
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.{ts,tsx}', 'test/house/*.test.ts'],
          // Properties take their time where others use the machine too.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        // These share the machine's network namespaces, ports and processors: one file at a time.
        test: {
          name: 'e2e',
          include: ['test/**/*.test.ts'],
          exclude: ['test/house/**'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
