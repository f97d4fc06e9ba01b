import { SysError } from '../../sys/sys-error.ts';
import type { XdpProgram } from '../../sys/xdp-program.ts';

/** Where a program runs, as ip-link(8) says it: in the driver, or behind it. Each has to be taken away by its name. */
export type XdpMode = 'xdp' | 'xdpgeneric';

/** Another XDP program is attached where ours should be. */
export class XdpBusy extends SysError {
  readonly other: XdpProgram;
  readonly mode: XdpMode;

  constructor(cause: SysError, other: XdpProgram, mode: XdpMode) {
    super('attach the eBPF program', cause.errno, { cause });
    this.other = other;
    this.mode = mode;
  }
}

/** What is in the way, and what takes it away. */
export function explainXdpBusy(
  iface: string,
  { holder, linked, name }: XdpProgram,
  mode: XdpMode = 'xdp',
): string {
  const program = `another XDP program${name === null ? '' : ` (${name})`} is attached to ${iface}`;
  const otherHook = 'or choose another hook';
  if (holder !== null) {
    return `${program} by process ${holder.pid} (${holder.name}), which holds it: stop that process ${otherHook}`;
  }
  if (linked === true) {
    return `${program} by a link that no process can be seen to hold: remove its file below /sys/fs/bpf ${otherHook}`;
  }
  if (linked === false) return `${program}: remove it (ip link set dev ${iface} ${mode} off) ${otherHook}`;
  return `${program}: stop the process that holds it ("ifcastd doctor --interface ${iface}", run as root, names it), remove it (ip link set dev ${iface} ${mode} off) ${otherHook}`;
}
