/** Holds Telegraf's and Grafana's configuration against what a daemon publishes. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, test } from 'vitest';

import { parseToml } from '../../packages/daemon/src/config/toml-document.ts';
import { Ifcastd } from '../support/ifcastd.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { MosquittoSub, type SeenMessage } from '../support/mosquitto-sub.ts';
import { requirements } from '../support/requirements.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

/** What of Telegraf's configuration is used. */
interface Input {
  readonly topics: readonly string[];
  readonly name_override: string;
  readonly data_format: string;
  readonly json_time_key: string;
  readonly json_time_format: string;
  readonly topic_parsing: readonly { readonly topic: string; readonly tags: string }[];
}

interface Metric {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, number>>;
  readonly time: string;
}

const telegraf = parseToml(Buffer.from(read('config/telegraf/ifcast.conf'))).table as unknown as {
  readonly inputs: { readonly mqtt_consumer: readonly Input[] };
  readonly outputs: Readonly<Record<string, readonly Record<string, unknown>[]>>;
};
const input = telegraf.inputs.mqtt_consumer[0]!;

/**
 * What Telegraf makes of a message.
 *
 * @returns `null` for a topic that it is not subscribed to
 * @see https://docs.influxdata.com/telegraf/v1/data_formats/input/json/ and the README of inputs.mqtt_consumer
 */
function metricOf({ topic, payload }: SeenMessage): Metric | null {
  if (!input.topics.some((filter) => matches(filter, topic))) return null;
  const message = JSON.parse(payload) as Record<string, unknown>;
  const parsing = input.topic_parsing.find((rule) => matches(rule.topic, topic))!;
  const levels = topic.split('/');
  const names = parsing.tags.split('/');
  // Telegraf refuses a rule with another number of levels.
  expect(names).toHaveLength(levels.length);
  const tags = names.flatMap((name, index) => (name === '_' ? [] : [[name, levels[index]!]]));
  return {
    name: input.name_override,
    tags: Object.fromEntries(tags),
    fields: flattened(message),
    time: String(message[input.json_time_key]),
  };
}

/** Numbers alone, of lists and tables by `name_index` and `name_key`; texts, `null` and the like are left out. */
function flattened(value: unknown, name = ''): Record<string, number> {
  if (typeof value === 'number') return { [name]: value };
  if (typeof value !== 'object' || value === null) return {};
  const parts = Object.entries(value).map(([key, part]) =>
    flattened(part, name === '' ? key : `${name}_${key}`),
  );
  return Object.assign({}, ...parts) as Record<string, number>;
}

/** An MQTT topic filter with `+` alone. */
function matches(filter: string, topic: string): boolean {
  const [wanted, levels] = [filter.split('/'), topic.split('/')];
  return (
    wanted.length === levels.length &&
    wanted.every((level, index) => level === '+' || level === levels[index])
  );
}

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('InfluxDB', () => {
  let metrics: Metric[] = [];

  beforeAll(async () => {
    const broker = await Mosquitto.start();
    const sub = await MosquittoSub.start({ port: broker.port, topics: ['ifcast/#'] });
    const config = `host = "gw"\nstate_interval_s = 5\n[mqtt]\nurl = "${broker.url}"\nscalars = true\n`;
    const capture = fileURLToPath(new URL('config/examples/sample.pcap', ROOT));
    const daemon = new Ifcastd({ config, args: ['--replay', capture] });
    try {
      const found = (): Metric[] => sub.messages.flatMap((message) => metricOf(message) ?? []);
      // The second message of a filter is the first with rates.
      await sub.until('rates', () => found().some(({ fields }) => 'bits_per_s' in fields), 30_000);
      metrics = found();
    } finally {
      await daemon.close();
      sub.close();
      await broker.close();
    }
  });

  test('has a point for each message of a filter, with the tags and fields that the page names', () => {
    const page = read('docs/influxdb-grafana.md');
    const whole = metrics.find(({ fields }) => 'bits_per_s' in fields)!;
    expect(whole.tags).toMatchObject({
      host: 'gw',
      filter: expect.any(String),
      interface: expect.any(String),
    });
    for (const tag of Object.keys(whole.tags)) expect(page).toContain(`\`${tag}\``);
    const fields = Object.keys(whole.fields).filter((field) => field !== 'v');
    expect(fields).toEqual(expect.arrayContaining(['packets_total', 'bits_per_s_max', 'sizes_total_1']));
    for (const field of fields.filter((name) => !/^sizes_total_[2-9]/.test(name)))
      expect(page).toContain(`\`${field}\``);
  });

  test('takes the time of the counts: it is in the layout that Telegraf is told', () => {
    expect(input).toMatchObject({ data_format: 'json', json_time_format: '2006-01-02T15:04:05Z07:00' });
    // Go takes a fraction of a second where the layout has none.
    for (const { time } of metrics)
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
  });

  test('is all that Grafana asks for', () => {
    const dashboard = read('config/grafana/dashboard.json');
    const queries = [...dashboard.matchAll(/"query": "(.*)"/g)].map(
      ([, query]) => JSON.parse(`"${query}"`) as string,
    );
    expect(queries.length).toBeGreaterThan(6);
    const tags = new Set(metrics.flatMap((metric) => Object.keys(metric.tags)));
    const names = new Set([
      ...metrics.flatMap(({ fields }) => Object.keys(fields)),
      ...tags,
      input.name_override,
    ]);
    // What a capture file cannot tell, a live interface does.
    names.add('dropped_total');
    for (const query of queries) {
      for (const [, name] of query.matchAll(/"(\w+)"/g)) expect(names, query).toContain(name);
    }
    for (const [, tag] of dashboard.matchAll(/\$tag_(\w+)/g)) expect(tags).toContain(tag);
  });
});

test('Telegraf writes where Grafana reads', () => {
  const output = telegraf.outputs['influxdb_v2']![0]!;
  const source = read('config/grafana/datasource.yaml');
  expect(output['namepass']).toEqual([input.name_override]);
  expect(source).toContain(`dbName: ${String(output['bucket'])}\n`);
  const uids = [
    ...read('config/grafana/dashboard.json').matchAll(/"datasource": \{[^}]*"uid": "(\w+)"/g),
  ].map(([, uid]) => uid);
  expect(new Set(uids)).toEqual(new Set([/^ {4}uid: (\w+)$/m.exec(source)?.[1]]));
});
