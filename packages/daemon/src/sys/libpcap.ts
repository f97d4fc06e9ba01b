import type { RawInstruction } from '@ifcast/filter';
import koffi from 'koffi';

import { DaemonError } from '../base/daemon-error.ts';

/** Debian's name first, then that of other distributions. */
const NAMES = ['libpcap.so.0.8', 'libpcap.so.1', 'libpcap.so'];
export const ERRBUF_BYTES = 256;
// pcap/pcap.h
const PCAP_ERROR_NO_SUCH_DEVICE = -5;
const PCAP_ERROR_PERM_DENIED = -8;
const PCAP_ERROR_PROMISC_PERM_DENIED = -11;
/** What tcpdump gives for the netmask, which only `ip broadcast` asks for: it then means 0.0.0.0 and 255.255.255.255. */
const NETMASK = 0;
/** The largest packet that libpcap keeps whole: MAXIMUM_SNAPLEN of its savefiles. */
export const SNAPLEN = 262_144;
/** What an expression compiled on a live handle needs of a ring that nobody reads. */
const SMALL_RING_BYTES = 65_536;
const PROGRAM_BYTES = 16;
const INSTRUCTION_BYTES = 8;

type Native = (...args: unknown[]) => unknown;

let library: ReturnType<typeof koffi.load> | undefined;
const functions = new Map<string, Native>();

/**
 * A function of libpcap, looked up at its first call.
 *
 * @param prototype - C, for example `void pcap_close(void *pcap)`
 * @throws {@link DaemonError} `unavailable` when there is no libpcap
 */
export function pcapFunction(prototype: string): Native {
  const known = functions.get(prototype);
  if (known !== undefined) return known;
  library ??= loadLibrary();
  const native = library.func(prototype) as Native;
  functions.set(prototype, native);
  return native;
}

/**
 * What libpcap says of itself, such as `libpcap version 1.10.3 (with TPACKET_V3)`.
 *
 * @throws {@link DaemonError} `unavailable` when there is none
 */
export function libpcapVersion(): string {
  return pcapFunction('const char *pcap_lib_version()')() as string;
}

/** libpcap's own words for what it refused. */
export class PcapError extends Error {
  override readonly name = 'PcapError';
  /** Status of pcap_activate(3PCAP), otherwise -1. */
  readonly status: number;

  constructor(message: string, status = -1) {
    super(message);
    this.status = status;
  }
}

/** An open libpcap handle; its owner closes it. */
export class PcapHandle {
  /** `pcap_t *` */
  readonly pointer: unknown;

  constructor(pointer: unknown) {
    this.pointer = pointer;
  }

  /** `DLT_*`, as pcap-linktype(7) lists them. */
  get linkType(): number {
    return pcapFunction('int pcap_datalink(void *pcap)')(this.pointer) as number;
  }

  /** Bytes of a packet that are kept at most. */
  get snaplen(): number {
    return pcapFunction('int pcap_snapshot(void *pcap)')(this.pointer) as number;
  }

  /** Whether a file is in the byte order of another machine: BSD's loopback header is then too. */
  get swapped(): boolean {
    return pcapFunction('int pcap_is_swapped(void *pcap)')(this.pointer) === 1;
  }

  /** The name of the link type, such as `EN10MB`. */
  get linkTypeName(): string {
    const name = pcapFunction('const char *pcap_datalink_val_to_name(int dlt)')(this.linkType) as
      | string
      | null;
    return name ?? `DLT ${this.linkType}`;
  }

  /**
   * Compiles an expression with the optimiser; may take minutes for thousands of hosts.
   *
   * @throws {@link PcapError} with libpcap's words
   * @see pcap_compile(3PCAP)
   */
  compile(expression: string): RawInstruction[] {
    const program = Buffer.alloc(PROGRAM_BYTES);
    const compile = pcapFunction(
      'int pcap_compile(void *pcap, void *program, const char *expression, int optimize, uint32_t netmask)',
    );
    if (compile(this.pointer, program, expression, 1, NETMASK) !== 0) throw new PcapError(this.lastError());
    try {
      return readProgram(program);
    } finally {
      pcapFunction('void pcap_freecode(void *program)')(program);
    }
  }

  lastError(): string {
    return pcapFunction('const char *pcap_geterr(void *pcap)')(this.pointer) as string;
  }

  close(): void {
    pcapFunction('void pcap_close(void *pcap)')(this.pointer);
  }
}

/**
 * Opens an interface, to compile for it: only a live handle makes the code that finds a VLAN tag beside the frame.
 *
 * @throws {@link DaemonError} `noPermission` without CAP_NET_RAW, `unavailable` otherwise
 */
export function openLive(iface: string): PcapHandle {
  const errors = Buffer.alloc(ERRBUF_BYTES);
  const pointer = pcapFunction('void *pcap_create(const char *source, void *errbuf)')(iface, errors);
  if (pointer === null) throw new DaemonError('unavailable', `interface ${iface}: ${cString(errors)}`);
  const handle = new PcapHandle(pointer);
  pcapFunction('int pcap_set_snaplen(void *pcap, int bytes)')(pointer, SNAPLEN);
  pcapFunction('int pcap_set_buffer_size(void *pcap, int bytes)')(pointer, SMALL_RING_BYTES);
  const status = pcapFunction('int pcap_activate(void *pcap)')(pointer) as number;
  if (status >= 0) return handle;
  const words = handle.lastError();
  handle.close();
  if (status === PCAP_ERROR_PERM_DENIED || status === PCAP_ERROR_PROMISC_PERM_DENIED) {
    throw new DaemonError(
      'noPermission',
      `capture on ${iface} is not permitted: CAP_NET_RAW is missing; run as root or grant it, see "ifcastd doctor"`,
    );
  }
  if (status === PCAP_ERROR_NO_SUCH_DEVICE)
    throw new DaemonError('unavailable', `interface ${iface} is not there`);
  throw new DaemonError('unavailable', `interface ${iface} cannot be opened: ${words}`);
}

/** A handle on nothing, to compile for a link type. */
export function openDead(linkType: number): PcapHandle {
  return new PcapHandle(pcapFunction('void *pcap_open_dead(int dlt, int snaplen)')(linkType, SNAPLEN));
}

/** `struct bpf_program`: a count and a pointer to `struct bpf_insn`. */
function readProgram(program: Buffer): RawInstruction[] {
  const length = program.readUInt32LE(0);
  const bytes = Buffer.from(koffi.view(program.readBigUInt64LE(8), length * INSTRUCTION_BYTES));
  return Array.from({ length }, (_, index): RawInstruction => {
    const at = index * INSTRUCTION_BYTES;
    return {
      code: bytes.readUInt16LE(at),
      jt: bytes.readUInt8(at + 2),
      jf: bytes.readUInt8(at + 3),
      k: bytes.readUInt32LE(at + 4),
    };
  });
}

function loadLibrary(): ReturnType<typeof koffi.load> {
  for (const name of NAMES) {
    try {
      return koffi.load(name);
    } catch {
      // The next name.
    }
  }
  throw new DaemonError('unavailable', 'libpcap is not installed; on Debian: apt-get install libpcap0.8');
}

/** The text up to the first 0. */
export function cString(bytes: Buffer): string {
  return bytes.toString('utf8', 0, bytes.indexOf(0));
}
