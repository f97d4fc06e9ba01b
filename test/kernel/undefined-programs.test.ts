import { decodeProgram, type ProgramHook, predicateOf, type RawInstruction } from '@ifcast/filter';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openDead, type PcapHandle } from '../../packages/daemon/src/sys/libpcap.ts';
import { ALL_HOOKS, asSeenAt, canRun, KernelRun } from '../support/kernel-run.ts';
import { randomFrames } from '../support/random-frames.ts';
import { requirements } from '../support/requirements.ts';

const DLT_EN10MB = 1;
const UNDEFINED = [
  // libpcap 1.10 reads words of the scratch memory that nothing has written.
  'geneve or tcp',
  'geneve 5 or udp port 53',
  // The kernel takes the lower five bits of a shift by the packet, libpcap makes it 0.
  'ip[12:4] << ip[8] != 0',
  'ip[2:2] >> ip[8] = 0',
  // The kernel gives a meaning to these offsets, libpcap takes them as outside the packet.
  'udp or ether[0xfff00000] = 0x45',
  'udp or ether[0xffe00000:2] & 0xff00 != 0',
];

// docs/counting.md says what they do; no oracle does.
describe.runIf(requirements('root', 'bpf'))('what libpcap leaves open is the same in each backend', () => {
  let handle: PcapHandle;
  beforeAll(() => {
    handle = openDead(DLT_EN10MB);
  });
  afterAll(() => handle.close());

  const cases = ALL_HOOKS.flatMap((hook) => UNDEFINED.map((expression) => ({ hook, expression })));
  it.each(cases)('$expression on $hook', ({ hook, expression }) => {
    const answers = compare(hook, handle.compile(expression));
    expect(answers.disagreed).toEqual([]);
    expect(answers.matched).toBeGreaterThan(0);
    expect(answers.matched).toBeLessThan(answers.asked);
  });
});

function compare(hook: ProgramHook, raw: readonly RawInstruction[]) {
  const program = decodeProgram(raw);
  const matches = predicateOf(program);
  const kernel = new KernelRun({ hook, filters: [program] });
  const answers = { asked: 0, matched: 0, disagreed: [] as string[] };
  try {
    for (const random of randomFrames(20_261_126, 1500).filter(({ frame }) => canRun(hook, frame))) {
      const { sent, frame, info } = asSeenAt(hook, random.frame, null);
      const expected = matches(frame, info);
      answers.asked++;
      if (expected) answers.matched++;
      if ((kernel.run(sent)[0]!.packets === 1n) !== expected) {
        answers.disagreed.push(Buffer.from(sent).toString('hex'));
      }
    }
  } finally {
    kernel.close();
  }
  return answers;
}
