import { addressOf, BPF_COMMAND, bpf, writeObjectName } from './bpf.ts';
import { SysError } from './sys-error.ts';

/** `enum bpf_prog_type` of linux/bpf.h. */
export const PROGRAM_TYPE = { socketFilter: 1, schedCls: 3, xdp: 6 } as const;

/** The program may run on packets in several buffers (jumbo frames, merged packets). */
export const BPF_F_XDP_HAS_FRAGS = 0x20;

const PROG_LOAD_BYTES = 72;
const SLOT_BYTES = 8;
/** The verifier's words, fetched only when it refuses a program: it tells its whole way through the program. */
const LOG_BYTES = 16 << 20;
/** What the kernel returns when the verifier has words to say; EPERM, a missing capability, comes without any. */
const EXPLAINED: ReadonlySet<string> = new Set(['EACCES', 'EINVAL', 'E2BIG', 'EFAULT']);

/** What a program is loaded with. */
export interface ProgramOptions {
  /** One of {@link PROGRAM_TYPE}. */
  readonly type: number;
  readonly code: Uint8Array;
  readonly flags?: number;
}

/** The verifier refused a program. */
export class VerifierError extends SysError {
  /** All that the verifier said; empty when it said nothing. */
  readonly log: string;

  constructor(operation: string, errno: number, log: string, options?: ErrorOptions) {
    const complaint = complaintOf(log);
    super(complaint === null ? operation : `${operation}: the verifier says "${complaint}"`, errno, options);
    this.log = log;
  }
}

const LOAD_ATTEMPTS = 5;

/**
 * Loads a program into the kernel.
 *
 * @returns its file descriptor
 * @throws {@link VerifierError} when the kernel refuses the program, {@link SysError} otherwise
 */
export function loadProgram(options: ProgramOptions): number {
  const operation = `load an eBPF program of ${options.code.byteLength / SLOT_BYTES} instructions`;
  try {
    return loadUninterrupted(operation, options, null);
  } catch (error) {
    if (!(error instanceof SysError) || !EXPLAINED.has(error.code)) throw error;
    const log = Buffer.alloc(LOG_BYTES);
    try {
      return loadUninterrupted(operation, options, log);
    } catch (cause) {
      if (!(cause instanceof SysError)) throw cause;
      // Kernels before 6.4 keep the beginning of a log that is too long: not what matters.
      const text = cause.code === 'ENOSPC' ? '' : textOf(log);
      throw new VerifierError(operation, error.errno, text, { cause });
    }
  }
}

/** The verifier gives up with EAGAIN when a signal is pending, such as a child's end; it is delivered between two calls. */
function loadUninterrupted(operation: string, options: ProgramOptions, log: Buffer | null): number {
  for (let attempt = 1; ; attempt++) {
    try {
      return load(operation, options, log);
    } catch (error) {
      if (!(error instanceof SysError) || error.code !== 'EAGAIN' || attempt === LOAD_ATTEMPTS) throw error;
    }
  }
}

function load(operation: string, options: ProgramOptions, log: Buffer | null): number {
  const attr = Buffer.alloc(PROG_LOAD_BYTES);
  const license = Buffer.from('MIT\0');
  attr.writeUInt32LE(options.type, 0);
  attr.writeUInt32LE(options.code.byteLength / SLOT_BYTES, 4);
  attr.writeBigUInt64LE(addressOf(options.code), 8);
  attr.writeBigUInt64LE(addressOf(license), 16);
  if (log !== null) {
    attr.writeUInt32LE(1, 24);
    attr.writeUInt32LE(log.byteLength, 28);
    attr.writeBigUInt64LE(addressOf(log), 32);
  }
  attr.writeUInt32LE(options.flags ?? 0, 44);
  writeObjectName(attr, 'ifcast', 48);
  return bpf(operation, BPF_COMMAND.progLoad, attr);
}

function textOf(log: Buffer): string {
  return log.toString('utf8', 0, Math.max(log.indexOf(0), 0));
}

/** The last line that is a sentence: before it stand the instructions, after it the statistics. */
function complaintOf(log: string): string | null {
  return (
    log
      .trim()
      .split('\n')
      .findLast(
        (line) => line !== '' && !/^(processed |verification time|stack depth|peak_states)/.test(line),
      ) ?? null
  );
}
