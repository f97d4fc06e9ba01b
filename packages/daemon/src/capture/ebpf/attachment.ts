import type { PacketKind } from '@ifcast/protocol';

/** How programs hang on an interface. */
export interface Attachment {
  /**
   * Attaches the programs to an interface, in place of the one they were attached to.
   *
   * @throws {@link SysError}
   */
  attach(ifindex: number): void;
  /**
   * Goes over to other programs without losing a packet: each is replaced at once.
   *
   * @throws {@link SysError} and leaves the old ones
   */
  replace(programFds: readonly number[]): void;
  /** Detaches the programs. */
  detach(): void;
  /** What the packets are that a program sees where it was attached. */
  packetKind(asked: PacketKind): PacketKind;
}
