/** esbuild and vitest load a .toml file as its text. */
declare module '*.toml' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: what the loaders make of a file without exports.
  export default text;
}
