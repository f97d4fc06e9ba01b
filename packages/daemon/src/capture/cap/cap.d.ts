// The part of the npm package `cap` 0.2.1 that is used; it brings no types.
declare module 'cap' {
  import type { EventEmitter } from 'node:events';

  class Cap extends EventEmitter<{ packet: [capturedBytes: number, truncated: boolean] }> {
    /**
     * Opens a device, promiscuous, with a snaplen of 65,535, and copies each packet to `buffer` before it emits.
     *
     * @returns the link type, in names of its own
     */
    open(device: string, filter: string, ringBytes: number, buffer: Buffer): string;
    close(): void;
  }

  const cap: { readonly Cap: typeof Cap };
  // biome-ignore lint/style/noDefaultExport: the package is CommonJS, and Node finds no named export in it.
  export default cap;
}
