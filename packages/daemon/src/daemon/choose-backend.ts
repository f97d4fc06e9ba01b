import type { HookName } from '@ifcast/protocol';
import { type EbpfProbe, probeEbpf } from '../capture/ebpf/probe.ts';
import type { Config } from '../config/config.ts';

/** The backend that counts. */
export interface BackendChoice {
  readonly backend: 'ebpf' | 'cap';
  /** Why not the one before it; `null` when it is the first, or was asked for. */
  readonly fallbackReason: string | null;
}

/**
 * The backend that the configuration asks for; with `auto` the first that this host allows.
 *
 * @param probe - whether eBPF can be had
 */
export function chooseBackend(
  { backend, hook }: Pick<Config, 'backend' | 'hook'>,
  probe: (hook: HookName) => EbpfProbe = probeEbpf,
): BackendChoice {
  if (backend !== 'auto') return { backend, fallbackReason: null };
  const probed = probe(hook);
  if (probed.possible) return { backend: 'ebpf', fallbackReason: null };
  return { backend: 'cap', fallbackReason: `not counted in the kernel: ${probed.reason}` };
}
