import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { PacketGuard } from './packet-guard.ts';

/** A packet with a body of `length` bytes. */
function packet(length: number): Uint8Array {
  const header = [0x30];
  for (let rest = length; ; ) {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    header.push(rest > 0 ? byte | 0x80 : byte);
    if (rest === 0) break;
  }
  const bytes = new Uint8Array(header.length + length).fill(0xff);
  bytes.set(header);
  return bytes;
}

describe('PacketGuard', () => {
  it('lets packets up to the limit pass, however the stream is cut', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 8 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 500 }), (sizes, chunkBytes) => {
        const guard = new PacketGuard(2000);
        const stream = Buffer.concat(sizes.map(packet));
        for (let at = 0; at < stream.length; at += chunkBytes) {
          expect(guard.push(stream.subarray(at, at + chunkBytes))).toBeNull();
        }
      }),
    );
  });

  it('refuses a larger one at its header, after any number of good ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300 })),
        fc.integer({ min: 301, max: 268_435_455 }),
        (good, bad) => {
          const guard = new PacketGuard(300);
          for (const size of good) expect(guard.push(packet(size))).toBeNull();
          const header = packet(bad % 1_000_000 > 300 ? bad % 1_000_000 : 301).subarray(0, 5);
          expect(guard.push(header)).toMatch(
            /^it announced a packet of \d+ bytes or more, at most 300 are taken$/,
          );
        },
      ),
    );
  });

  it('refuses a length of more than four bytes', () => {
    expect(new PacketGuard().push(Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80))).toBe(
      'it sent a packet length that is not MQTT',
    );
  });
});
