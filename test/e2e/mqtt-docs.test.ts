/** Holds docs/mqtt.md against what is published. */
import { readFileSync } from 'node:fs';

import {
  decodePayload,
  EVENT_CODES,
  encodeMessage,
  parseFilterState,
  parseHealth,
  parseInfo,
  parseStats,
  type TopicAddress,
  topicOf,
} from '@ifcast/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { EmbeddedBroker } from '../../packages/daemon/src/outputs/mqtt/embedded-broker.ts';
import { eventMessage, triggerMessage } from '../../packages/daemon/src/outputs/mqtt/messages.ts';
import { MqttPublisher } from '../../packages/daemon/src/outputs/mqtt/mqtt-publisher.ts';
import { SCALAR_FIELDS } from '../../packages/daemon/src/outputs/mqtt/scalars.ts';
import { MosquittoSub, type SeenMessage } from '../support/mosquitto-sub.ts';
import {
  describeHost,
  FAST_TIMING,
  publisherOptions,
  recordingLog,
  snapshotAt,
  VITALS,
} from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';

const PAGE = readFileSync(new URL('../../docs/mqtt.md', import.meta.url), 'utf8');

/** The text under a heading of the second level. */
function section(name: string): string {
  const text = PAGE.split(/^## /m).find((each) => each.startsWith(`${name}\n`));
  if (text === undefined) throw new Error(`docs/mqtt.md has no section ${name}`);
  return text;
}

/** The first cells of a table's rows, without their backquotes. */
function firstCells(text: string, table = 0): string[] {
  const tables = text.match(/(?:^\|.*\n)+/gm) ?? [];
  const rows = (tables[table] ?? '').trim().split('\n').slice(2);
  return rows.map((row) => row.split('|')[1]!.trim().replaceAll('`', ''));
}

/** All field names of a message, those of lists' entries as `list[].name`. */
function fieldsOf(message: unknown, prefix = ''): string[] {
  return Object.entries(message as object).flatMap(([key, value]) => {
    const first: unknown = Array.isArray(value) ? value[0] : undefined;
    const inner = typeof first === 'object' && first !== null ? fieldsOf(first, `${prefix}${key}[].`) : [];
    return [`${prefix}${key}`, ...inner];
  });
}

describe('docs/mqtt.md', () => {
  it('has every topic and no other', () => {
    const places = { host: '<host>', iface: '<iface>', filter: '<id>', field: '<field>' };
    const kinds: Record<TopicAddress['kind'], TopicAddress> = {
      status: { kind: 'status', ...places },
      info: { kind: 'info', ...places },
      stats: { kind: 'stats', ...places },
      filter: { kind: 'filter', ...places },
      scalar: { kind: 'scalar', ...places },
      health: { kind: 'health', ...places },
      event: { kind: 'event', ...places },
      trigger: { kind: 'trigger', ...places, trigger: '<id>' },
    };
    const named = Object.values(kinds).map((address) =>
      topicOf('<base>', address).replace(/_(\w+?)_/g, '<$1>'),
    );
    expect(firstCells(PAGE)).toEqual(named);
  });

  it('has an example of trigger with every field explained', () => {
    const example: object = JSON.parse(/```json\n(.*)\n```/.exec(section('trigger'))?.[1] ?? '');
    const event = {
      type: 'fired',
      trigger: 'camera',
      iface: 'eth0',
      at: new Date('2026-11-21T10:02:31.262Z'),
      packets: 137n,
      bytes: 98_213n,
      packetsTotal: 812_736_412n,
      suppressedTotal: 0n,
      exit: null,
      message: null,
      keepMs: 1000,
      onLost: () => {},
    } as const;
    expect(example).toEqual(JSON.parse(encodeMessage(triggerMessage(event))));
    expect(firstCells(section('trigger'))).toEqual(fieldsOf(example));
  });

  it('has an example of event with every field and every code explained', () => {
    const example: object = JSON.parse(/```json\n(.*)\n```/.exec(section('event'))?.[1] ?? '');
    const event = {
      code: 'lost',
      at: new Date('2026-11-21T10:02:31.262Z'),
      iface: 'eth0',
      text: 'eth0: waiting: interface eth0 is down',
    } as const;
    expect(example).toEqual(JSON.parse(encodeMessage(eventMessage(event))));
    expect(firstCells(section('event'))).toEqual(fieldsOf(example));
    expect(firstCells(section('event'), 1)).toEqual(EVENT_CODES);
  });

  const parsers = { stats: parseStats, filter: parseFilterState, info: parseInfo, health: parseHealth };
  it.each(Object.entries(parsers))(
    'has an example of %s that is one, with every field explained',
    (name, parse) => {
      const example = /```json\n(.*)\n```/.exec(section(name))?.[1] ?? '';
      const message = parse(decodePayload(Buffer.from(example)));
      expect(encodeMessage(message)).toBe(example);
      expect(firstCells(section(name))).toEqual(fieldsOf(message));
    },
  );

  it('names the fields that are published as numbers', () => {
    expect(firstCells(section('filter'), 1)).toEqual(SCALAR_FIELDS);
  });
});

describe.runIf(requirements('mosquitto_sub'))('what is published', () => {
  const broker = new EmbeddedBroker();
  let messages: readonly SeenMessage[] = [];
  beforeAll(async () => {
    const { url, port } = await broker.start(0);
    const sub = await MosquittoSub.start({ port, topics: ['#'], version: '3.1.1' });
    const publisher = new MqttPublisher(publisherOptions([url]), recordingLog().log, FAST_TIMING);
    publisher.describe(describeHost());
    publisher.publish([snapshotAt(0)]);
    publisher.health(VITALS);
    await publisher.start();
    await sub.until('health', () => sub.on('ifcast/gw/health').length > 0);
    publisher.publish([snapshotAt(500)]);
    await sub.until('stats', () => sub.on('ifcast/gw/eth0/stats').length > 0);
    messages = sub.messages;
    await publisher.stop();
    sub.close();
  });
  afterAll(() => broker.stop());

  it.each([
    ['stats', 'ifcast/gw/eth0/stats'],
    ['filter', 'ifcast/gw/eth0/filter/web'],
    ['info', 'ifcast/gw/info'],
    ['health', 'ifcast/gw/health'],
  ])('has exactly the fields of docs/mqtt.md: %s', (name, topic) => {
    const message = messages.find((each) => each.topic === topic);
    expect(fieldsOf(JSON.parse(message!.payload))).toEqual(firstCells(section(name)));
  });
});
