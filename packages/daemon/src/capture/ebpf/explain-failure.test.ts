import { FilterError } from '@ifcast/filter';
import { describe, expect, it } from 'vitest';

import { DaemonError } from '../../base/daemon-error.ts';
import { VerifierError } from '../../sys/bpf-program.ts';
import { SysError } from '../../sys/sys-error.ts';
import type { XdpProgram } from '../../sys/xdp-program.ts';
import { explainFailure } from './explain-failure.ts';
import { XdpBusy } from './xdp-busy.ts';

const ERRNO = { EPERM: 1, E2BIG: 7, EACCES: 13, EFAULT: 14, EBUSY: 16, ENODEV: 19, EINVAL: 22, ENOSYS: 38 };

function busy(other: XdpProgram): Error {
  return new XdpBusy(new SysError('attach the eBPF program', ERRNO.EBUSY), other, 'xdp');
}

describe('explainFailure', () => {
  it.each<[string, Error, string, RegExp]>([
    [
      'no bpf(2)',
      new SysError('create an eBPF map', ERRNO.ENOSYS),
      'unavailable',
      /^this kernel has no bpf\(2\)/,
    ],
    [
      'another XDP program without a link',
      busy({ holder: null, linked: false, name: null }),
      'unavailable',
      /^another XDP program is attached to eth0: remove it \(ip link set dev eth0 xdp off\)/,
    ],
    [
      'the XDP program of another daemon',
      busy({ holder: { pid: 7, name: 'guard' }, linked: true, name: 'drop' }),
      'unavailable',
      /^another XDP program \(drop\) is attached to eth0 by process 7 \(guard\), .*: stop that process/,
    ],
    [
      'an XDP program that stays by itself',
      busy({ holder: null, linked: true, name: 'drop' }),
      'unavailable',
      /^another XDP program \(drop\) .* by a link .*: remove its file below \/sys\/fs\/bpf/,
    ],
    [
      'an XDP program of which nothing may be known',
      busy({ holder: null, linked: null, name: null }),
      'unavailable',
      /^another XDP program is attached to eth0: .*ifcastd doctor --interface eth0.* xdp off/,
    ],
    [
      'an interface that went',
      new SysError('bind', ERRNO.ENODEV),
      'unavailable',
      /^eth0 cannot be counted.*ENODEV/,
    ],
    ['too large to assemble', new SysError('assemble', ERRNO.E2BIG), 'config', /^the filters are too large/],
    [
      'too large for the verifier',
      new VerifierError(
        'load',
        ERRNO.E2BIG,
        '9: (95) exit\nBPF program is too large. Processed 1000001 insn\n',
      ),
      'config',
      /^the filters are too large for an eBPF program on eth0/,
    ],
    [
      'too many branches for the verifier',
      new VerifierError(
        'load',
        ERRNO.EFAULT,
        'The sequence of 8193 jumps is too complex.\nprocessed 60651 insns\n',
      ),
      'config',
      /^the filters are too large/,
    ],
    [
      'refused by the verifier',
      new VerifierError(
        'load',
        ERRNO.EACCES,
        '5: (79) r3 = r1\ninvalid read from stack\nprocessed 9 insns\n',
      ),
      'unavailable',
      /the verifier says "invalid read from stack".*--debug shows all of it.*kernel 6\.6 or later/,
    ],
    [
      'a filter for a made-up header',
      new FilterError('program', 'the filter looks into …'),
      'unavailable',
      /^eth0 cannot be counted in the kernel: the filter looks into/,
    ],
  ])('%s', (_name, error, code, message) => {
    const explained = explainFailure(error, 'tcx', 'eth0');
    expect(explained).toBeInstanceOf(DaemonError);
    expect(explained).toMatchObject({ code, cause: error });
    expect(explained.message).toMatch(message);
    expect(explained.message).not.toContain('\n');
  });

  it('leaves what it does not know as it is', () => {
    const error = new TypeError('a bug');
    expect(explainFailure(error, 'socket', 'eth0')).toBe(error);
  });
});
