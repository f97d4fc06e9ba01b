/** A tun interface, whose other end is this process: packets without an Ethernet header, of any hardware type. */
import { closeSync, openSync, writeSync } from 'node:fs';

import { libcFunction } from '../../packages/daemon/src/sys/libc.ts';

// linux/if_tun.h
const TUNSETIFF = 0x4004_54ca;
const TUNSETLINK = 0x4004_54cd;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFREQ_BYTES = 40;
const IFNAMSIZ = 16;

const ioctl = libcFunction('int ioctl(int fd, unsigned long request, void *argument)');
const ioctlValue = libcFunction('int ioctl(int fd, unsigned long request, unsigned long argument)');

export class Tun {
  readonly #fd: number;

  /**
   * Makes the interface, down, in the network namespace of this thread.
   *
   * @param hardwareType - ARPHRD_*; `null` for that of tun itself, ARPHRD_NONE
   */
  constructor(name: string, hardwareType: number | null) {
    this.#fd = openSync('/dev/net/tun', 'r+');
    const ifreq = Buffer.alloc(IFREQ_BYTES);
    ifreq.write(name);
    ifreq.writeUInt16LE(IFF_TUN | IFF_NO_PI, IFNAMSIZ);
    ioctl('make a tun interface', this.#fd, TUNSETIFF, ifreq);
    if (hardwareType !== null) ioctlValue('set its hardware type', this.#fd, TUNSETLINK, hardwareType);
  }

  /** Lets an IP packet come in. */
  send(packet: Uint8Array): void {
    writeSync(this.#fd, packet);
  }

  /** The interface goes with it. */
  close(): void {
    closeSync(this.#fd);
  }
}
