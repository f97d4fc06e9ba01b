import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import {
  type CompileHandle,
  compileFilters,
  FiltersRefused,
} from '../../packages/daemon/src/compile/filter-compiler.ts';
import { requirements } from '../support/requirements.ts';

const ETHERNET: CompileHandle = { kind: 'dead', linkType: 1 };
const AMPLE_MS = 30_000;

function compile(
  filters: Readonly<Record<string, string>>,
  handle = ETHERNET,
  timeoutMs = AMPLE_MS,
): ReturnType<typeof compileFilters> {
  const list = Object.entries(filters).map(([id, expression]) => ({ id, expression }));
  return compileFilters({ handle, filters: list }, timeoutMs);
}

/** Child processes of this one that have not been waited for. */
function children(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return new RegExp(`\\) \\S ${process.pid} `).test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  });
}

describe('compileFilters', () => {
  it('gives a program for each filter, in their order, and the link type', async () => {
    const { linkType, linkTypeValue, programs } = await compile({ all: '', arp: 'arp' });
    expect({ linkType, linkTypeValue }).toEqual({ linkType: 'EN10MB', linkTypeValue: 1 });
    expect(programs.map((program) => program.length)).toEqual([1, 4]);
    expect(programs[1]![1]).toEqual({ code: 0x15, jt: 0, jf: 1, k: 0x0806 });
  });

  it.runIf(requirements('root'))(
    'looks for the VLAN tag beside the frame on an interface alone',
    async () => {
      const live = await compile({ tagged: 'vlan' }, { kind: 'live', iface: 'lo' });
      const dead = await compile({ tagged: 'vlan' });
      const asksKernel = ({ programs }: typeof live): boolean =>
        programs[0]!.some(({ k }) => k >= 0xffff_f000);
      expect([asksKernel(live), asksKernel(dead)]).toEqual([true, false]);
    },
  );

  it('tells all refused filters at once, in the words of libpcap', async () => {
    const filters = {
      good: 'tcp',
      torn: 'tcp porr 80',
      never: 'tcp and udp',
      mixed: 'ip6 and src net 10.0.0.0/8',
    };
    const error = await compile(filters).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FiltersRefused);
    const rejects = expect.stringContaining('rejects all packets: its conditions exclude each other');
    expect(error).toMatchObject({
      code: 'config',
      refusals: [
        { filterId: 'torn', reason: expect.stringContaining('syntax error') },
        { filterId: 'never', reason: rejects },
        { filterId: 'mixed', reason: rejects },
      ],
    });
  });

  it('ends with its time, names the slow filter and leaves no process', async () => {
    const hosts = Array.from({ length: 4000 }, (_, index) => `host 10.0.${index >> 8}.${index & 255}`);
    const slow = compile({ quick: 'tcp', slow: hosts.join(' or ') }, ETHERNET, 3000);
    const reason = expect.stringContaining('it takes more than 3 s to compile');
    // As a refusal it gets its place in the file.
    await expect(slow).rejects.toMatchObject({ refusals: [{ filterId: 'slow', reason }] });
    await expect.poll(children).toEqual([]);
  });

  it('says when the compiler itself is what took the time', async () => {
    await expect(compile({ any: 'tcp' }, ETHERNET, 1)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the filter compiler has not started within 0.001 s',
    });
  });

  it('names an interface that is not there', async () => {
    await expect(compile({ any: 'tcp' }, { kind: 'live', iface: 'nope0' })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'interface nope0 is not there',
    });
  });
});
