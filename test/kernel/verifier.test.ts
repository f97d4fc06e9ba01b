import { type ClassicProgram, decodeProgram, type Instruction, type ProgramHook } from '@ifcast/filter';
import { DEFAULT_SIZE_UPPER_BOUNDS } from '@ifcast/protocol';
import { describe, expect, test } from 'vitest';

import { Counting } from '../../packages/daemon/src/capture/ebpf/counting.ts';
import { explainFailure } from '../../packages/daemon/src/capture/ebpf/explain-failure.ts';
import { HOOK_CAPABILITIES } from '../../packages/daemon/src/capture/ebpf/hook-requirements.ts';
import { openLive } from '../../packages/daemon/src/sys/libpcap.ts';
import { withOnlyCapabilities } from '../support/capabilities.ts';
import { requirements } from '../support/requirements.ts';

const HOOKS = [
  { name: 'socket', hooks: ['socket'] },
  { name: 'tcx', hooks: ['tcxIngress', 'tcxEgress'] },
  { name: 'xdp', hooks: ['xdp'] },
] as const;

// Without CAP_PERFMON the verifier does much more: what loads then loads with it too.
describe.runIf(requirements('root', 'bpf'))('five large filters', () => {
  test.each(HOOKS)('of 100 mixed terms load on $name', ({ name, hooks }) => {
    const handle = openLive('lo');
    const filters = [1, 2, 3, 4, 5].map((seed) => decodeProgram(handle.compile(mixedTerms(seed, 100))));
    handle.close();
    withOnlyCapabilities(HOOK_CAPABILITIES[name], () => load(hooks, filters)).close();
  });

  test.each(HOOKS)('of 1000 hosts load on $name', ({ name, hooks }) => {
    const filters = [1, 2, 3, 4, 5].map((seed) => manyHosts(seed, 1000));
    withOnlyCapabilities(HOOK_CAPABILITIES[name], () => load(hooks, filters)).close();
  });

  test.each(HOOKS)('of 3000 hosts fail on $name with one clear sentence', ({ name, hooks }) => {
    const filters = [1, 2, 3, 4, 5].map((seed) => manyHosts(seed, 3000));
    let explained: Error | undefined;
    try {
      load(hooks, filters).close();
    } catch (error) {
      explained = explainFailure(error, name, 'eth0');
    }
    expect(explained).toMatchObject({
      code: 'config',
      message:
        'the filters are too large for an eBPF program on eth0; use networks instead of single hosts, fewer of them, or backend = "cap"',
    });
  });
});

function load(hooks: readonly ProgramHook[], filters: readonly ClassicProgram[]): Counting {
  return Counting.load({
    hooks,
    classicPrograms: filters,
    sizeUpperBounds: DEFAULT_SIZE_UPPER_BOUNDS,
    packet: 'wire',
    link: 'ethernet',
  });
}

function mixedTerms(seed: number, count: number): string {
  const terms = Array.from({ length: count }, (_, index) => {
    switch (index % 4) {
      case 0:
        return `host 10.${seed}.0.${(index % 250) + 1}`;
      case 1:
        return `tcp port ${1000 + index * 3 + seed}`;
      case 2:
        return `net 172.${16 + (index % 16)}.${index % 250}.0/24`;
      default:
        return `udp src portrange ${2000 + index * 10}-${2005 + index * 10}`;
    }
  });
  return terms.join(' or ');
}

/** `host a or host b or …` as libpcap's optimiser leaves it; it takes a minute for each thousand. */
function manyHosts(seed: number, count: number): ClassicProgram {
  const chain = (offset: number): Instruction[] => [
    { op: 'loadAbsolute', size: 4, offset },
    ...Array.from(
      { length: count },
      (_, index): Instruction => ({
        op: 'jumpIf',
        condition: 'eq',
        operand: 0x0a00_0000 + seed * 0x1_0000 + index * 5,
        skipTrue: 0,
        skipFalse: 0,
      }),
    ),
  ];
  const ip = [...chain(26), ...chain(30), { op: 'return', value: 0 } as const];
  const arp = [...chain(28), ...chain(38), { op: 'return', value: 0 } as const];
  const body: Instruction[] = [
    { op: 'loadAbsolute', size: 2, offset: 12 },
    { op: 'jumpIf', condition: 'eq', operand: 0x0800, skipTrue: 2, skipFalse: 0 },
    { op: 'jumpIf', condition: 'eq', operand: 0x0806, skipTrue: ip.length + 1, skipFalse: 0 },
    {
      op: 'jumpIf',
      condition: 'eq',
      operand: 0x8035,
      skipTrue: ip.length,
      skipFalse: ip.length + arp.length,
    },
    ...ip,
    ...arp,
  ];
  const match = body.length + 1;
  const program = body.map((instruction, at): Instruction => {
    const isHost = instruction.op === 'jumpIf' && instruction.operand !== 'X' && instruction.operand > 0xffff;
    return isHost ? { ...instruction, skipTrue: match - at - 1 } : instruction;
  });
  return [...program, { op: 'return', value: 0 }, { op: 'return', value: 1 }];
}
