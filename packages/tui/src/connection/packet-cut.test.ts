import fc from 'fast-check';
import { expect, test } from 'vitest';

import { PacketCut } from './packet-cut.ts';

function packet(type: number, body: Uint8Array): Buffer {
  const digits: number[] = [];
  let length = body.length;
  do {
    digits.push((length % 128) | (length >= 128 ? 0x80 : 0));
    length = Math.floor(length / 128);
  } while (length > 0);
  return Buffer.concat([Buffer.from([type, ...digits]), body]);
}

function pass(limit: number, bytes: Buffer, cuts: readonly number[]): Buffer {
  const cut = new PacketCut(limit);
  const edges = [
    0,
    ...[...cuts].sort((a, b) => a - b).map((edge) => Math.min(edge, bytes.length)),
    bytes.length,
  ];
  return Buffer.concat(edges.slice(1).map((edge, index) => cut.pass(bytes.subarray(edges[index], edge))));
}

test('packets up to the limit pass as they are, longer ones are cut to it, wherever the bytes are parted', () => {
  const packets = fc.array(
    fc.record({ type: fc.integer({ min: 1, max: 255 }), body: fc.uint8Array({ maxLength: 700 }) }),
  );
  const cuts = fc.array(fc.nat(5_000), { maxLength: 20 });
  fc.assert(
    fc.property(packets, cuts, fc.integer({ min: 1, max: 400 }), (list, edges, limit) => {
      const bytes = Buffer.concat(list.map(({ type, body }) => packet(type, body)));
      const expected = Buffer.concat(list.map(({ type, body }) => packet(type, body.subarray(0, limit))));
      expect(pass(limit, bytes, edges)).toEqual(expected);
    }),
  );
});

test('a packet of 256 MB is passed over without being kept', () => {
  const cut = new PacketCut(100);
  const head = cut.pass(Buffer.of(0x30, 0xff, 0xff, 0xff, 0x7f));
  expect(head).toEqual(Buffer.of(0x30, 100));
  const chunk = Buffer.alloc(65_536);
  let kept = 0;
  let left = 268_435_455;
  while (left > 0) {
    kept += cut.pass(chunk.subarray(0, left)).length;
    left -= chunk.length;
  }
  expect(kept).toBe(100);
  expect(cut.pass(Buffer.of(0xd0, 0))).toEqual(Buffer.of(0xd0, 0));
});

test('what is no length is left for the client to refuse', () => {
  const bytes = Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 0x01);
  expect(new PacketCut(Number.MAX_SAFE_INTEGER).pass(bytes).subarray(0, 5)).toEqual(bytes.subarray(0, 5));
});
