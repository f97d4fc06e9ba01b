/** Holds docs/home-assistant.md and config/home-assistant against the entities that there are. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { topicLevel } from '@ifcast/protocol';
import { describe, expect, it } from 'vitest';

import { loadConfig } from '../../packages/daemon/src/config/load-config.ts';
import type { Component } from '../../packages/daemon/src/outputs/home-assistant/component.ts';
import { deviceDocuments } from '../../packages/daemon/src/outputs/home-assistant/documents.ts';
import { hostInfo } from '../support/publishing.ts';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name: string) => readFileSync(path(name), 'utf8');
const PAGE = read('docs/home-assistant.md');

const { config } = loadConfig(path('config/home-assistant/ifcast.toml'), {
  env: { IFCAST_MQTT_PASSWORD: 'x' },
});
const info = hostInfo(config.interfaces as readonly string[], config.filters, {
  host: config.host,
  sizeUpperBounds: config.sizeUpperBounds,
});
const entities = new Map<string, Component>(
  [...deviceDocuments(info, config.mqtt.topic, { ...config.homeAssistant, buckets: true }).values()].flatMap(
    ({ cmps }) => Object.values(cmps).map((component) => [component.def_ent_id, component]),
  ),
);

/** The rows of the page's tables whose first cell is an entity. */
const rows = [...PAGE.matchAll(/^\| `((?:binary_)?sensor\..*?)` \|(.*)\|$/gm)].map(([, id, rest]) => ({
  id: id!,
  cells: rest!.split('|').map((cell) => cell.trim().replaceAll('`', '')),
}));

describe('docs/home-assistant.md', () => {
  const enabled = ({ en }: Component) => (en === false ? 'no' : 'yes');

  it('has every entity of a filter, with name, unit, classes, icon and whether it is enabled', () => {
    const readings = rows.filter(({ cells }) => cells.length === 7);
    for (const { id, cells } of readings) {
      const entity = entities.get(id)!;
      const { name, unit_of_meas, dev_cla = '–', stat_cla, ic = '–' } = entity;
      const [said, , ...rest] = cells;
      expect([id, said, ...rest]).toEqual([id, name, unit_of_meas, dev_cla, stat_cla, ic, enabled(entity)]);
    }
    const ofWeb = [...entities.keys()].filter((id) => id.includes('_web_') && !/packets_\d/.test(id));
    expect(readings.map(({ id }) => id)).toEqual([...ofWeb, 'sensor.ifcast_gw_eth0_web_packets_65_127_b']);
  });

  it('has every diagnostic, with name, class, icon and whether it is enabled', () => {
    const diagnostics = [...entities].filter(([, { ent_cat }]) => ent_cat === 'diagnostic');
    const told = rows.filter(({ cells }) => cells.length === 5);
    expect(told.map(({ id, cells: [name, , ...rest] }) => [id, name, ...rest]).sort()).toEqual(
      diagnostics
        .map(([id, entity]) => [
          id,
          entity.name,
          entity['dev_cla'] ?? '–',
          entity['ic'] ?? '–',
          enabled(entity),
        ])
        .sort(),
    );
  });
});

describe.each(['dashboard.yaml', 'automations.yaml'])('config/home-assistant/%s', (name) => {
  const text = read(`config/home-assistant/${name}`);

  it('names only entities that there are and that are enabled', () => {
    const named = text.match(/(?:binary_)?sensor\.ifcast_\w+/g) ?? [];
    expect(named.length).toBeGreaterThan(2);
    for (const id of named) expect(entities.get(id) ?? `no ${id}`).not.toMatchObject({ en: false });
    for (const id of named) expect([...entities.keys()]).toContain(id);
  });

  it('names only topics and filters that there are', () => {
    for (const [topic] of text.matchAll(/ifcast\/\S+/g)) {
      expect(topic).toBe(
        `${config.mqtt.topic}/${topicLevel(config.host)}/${info.interfaces[0]!.topic}/stats`,
      );
    }
    for (const [, id] of text.matchAll(/'id', 'eq', '(\w+)'/g)) {
      expect(config.filters.map((filter) => filter.id)).toContain(id);
    }
  });
});
