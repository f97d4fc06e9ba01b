import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { PacketGuard } from './packet-guard.ts';

const PLACEHOLDER = (length: number): Buffer => Buffer.from(`left out: ${length}`);

function packet(type: number, body: Uint8Array): Buffer {
  const digits: number[] = [];
  let length = body.length;
  do {
    digits.push((length % 128) | (length >= 128 ? 0x80 : 0));
    length = Math.floor(length / 128);
  } while (length > 0);
  return Buffer.concat([Buffer.from([type, ...digits]), body]);
}

/** A PUBLISH; an identifier for QoS 1, an empty list of properties for MQTT 5. */
function publish(topic: string, qos: 0 | 1, version: 4 | 5, payload: Uint8Array): Buffer {
  const name = Buffer.from(topic);
  const head = [name.length >> 8, name.length & 0xff, ...name, ...(qos === 1 ? [0x12, 0x34] : [])];
  const body = Buffer.concat([Buffer.from([...head, ...(version === 5 ? [0] : [])]), payload]);
  return packet(0x30 | (qos << 1), body);
}

function pass(guard: PacketGuard, bytes: Buffer, cuts: readonly number[]): Buffer {
  const edges = [
    0,
    ...[...cuts].sort((a, b) => a - b).map((edge) => Math.min(edge, bytes.length)),
    bytes.length,
  ];
  return Buffer.concat(edges.slice(1).map((edge, index) => guard.pass(bytes.subarray(edges[index], edge))));
}

test('packets up to the limit pass as they are, the contents of longer messages are replaced, wherever the bytes are parted', () => {
  const sound = fc
    .record({ type: fc.integer({ min: 1, max: 255 }), body: fc.uint8Array({ maxLength: 300 }) })
    .map(({ type, body }) => ({ sent: packet(type, body), wanted: packet(type, body) }));
  const version = fc.constantFrom<4 | 5>(4, 5);
  const messages = version.chain((spoken) => {
    const long = fc
      .record({
        topic: fc.string({ maxLength: 400 }),
        qos: fc.constantFrom<0 | 1>(0, 1),
        payload: fc.uint8Array({ minLength: 301, maxLength: 900 }),
      })
      .map(({ topic, qos, payload }) => {
        const sent = publish(topic, qos, spoken, payload);
        const body = sent.length - 3;
        return { sent, wanted: publish(topic, qos, spoken, PLACEHOLDER(body)) };
      });
    return fc.record({ spoken: fc.constant(spoken), packets: fc.array(fc.oneof(sound, long)) });
  });
  const cuts = fc.array(fc.nat(5_000), { maxLength: 20 });
  fc.assert(
    fc.property(messages, cuts, ({ spoken, packets }, at) => {
      const guard = new PacketGuard(spoken, PLACEHOLDER, 300);
      const passed = pass(guard, Buffer.concat(packets.map(({ sent }) => sent)), at);
      expect(passed).toEqual(Buffer.concat(packets.map(({ wanted }) => wanted)));
      expect([guard.fault, guard.isSkipping]).toEqual([null, false]);
    }),
  );
});

test('a message of 256 MB is passed over without being kept', () => {
  const guard = new PacketGuard(4, PLACEHOLDER);
  const head = guard.pass(Buffer.of(0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x61));
  expect(head).toEqual(publish('a', 0, 4, PLACEHOLDER(268_435_455)));
  const chunk = Buffer.alloc(65_536);
  let left = 268_435_455 - 3;
  while (left > 0) {
    expect(guard.isSkipping).toBe(true);
    expect(guard.pass(chunk.subarray(0, left))).toHaveLength(0);
    left -= chunk.length;
  }
  expect(guard.isSkipping).toBe(false);
  expect(guard.pass(Buffer.of(0xd0, 0))).toEqual(Buffer.of(0xd0, 0));
});

test('without a placeholder what is too long is a fault', () => {
  const guard = new PacketGuard(4, null, 100);
  expect(guard.pass(packet(0x30, new Uint8Array(100)))).toHaveLength(102);
  guard.pass(packet(0x30, new Uint8Array(101)));
  expect(guard.fault).toBe('it announced a packet of 101 bytes');
});

describe('what no broker sends is a fault', () => {
  test.each([
    ['a length of more than four bytes', [0x30, 0xff, 0xff, 0xff, 0xff], /packet length that is not MQTT/],
    ['a CONNACK of 1.25 MiB', [0x20, 0x80, 0x80, 0x50], /a packet of 1310720 bytes that is no message/],
  ])('%s', (_name, bytes, words) => {
    const guard = new PacketGuard(5, PLACEHOLDER);
    expect(guard.pass(Buffer.from([...bytes, 1, 2, 3]))).toHaveLength(0);
    expect(guard.fault).toMatch(words);
  });
});
