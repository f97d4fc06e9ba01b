/** Holds docs/home-assistant.md and config/home-assistant against the entities that there are. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { topicLevel } from '@ifcast/protocol';
import { describe, expect, it } from 'vitest';

import { loadConfig } from '../../packages/daemon/src/config/load-config.ts';
import type { Component } from '../../packages/daemon/src/outputs/home-assistant/component.ts';
import { deviceDocuments } from '../../packages/daemon/src/outputs/home-assistant/documents.ts';
import { documentedEntities } from '../support/documented-entities.ts';
import { hostInfo } from '../support/publishing.ts';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name: string) => readFileSync(path(name), 'utf8');

const { config } = loadConfig(path('config/home-assistant/ifcast.toml'), {
  env: { IFCAST_MQTT_PASSWORD: 'x' },
});
const info = hostInfo(config.interfaces as readonly string[], config.filters, {
  host: config.host,
  sizeUpperBounds: config.sizeUpperBounds,
  triggers: [],
});
const entities = new Map<string, Component>(
  [...deviceDocuments(info, config.mqtt.topic, { ...config.homeAssistant, buckets: true }).values()].flatMap(
    ({ cmps }) => Object.values(cmps).map((component) => [component.def_ent_id, component]),
  ),
);

describe('docs/home-assistant.md', () => {
  it('has every entity with name, unit, classes, icon, category and whether it is enabled', () => {
    const documented = documentedEntities();
    const told = documented.map(({ id }) => {
      const entity = entities.get(id);
      const { name, unit_of_meas: unit, dev_cla: deviceClass = '–', stat_cla: stateClass } = { ...entity };
      const [icon = '–', category = '–'] = [entity?.['ic'], entity?.['ent_cat']];
      const common = { id, name, deviceClass, icon, category, enabled: entity?.['en'] !== false };
      return category === 'diagnostic' ? common : { ...common, unit, stateClass };
    });
    expect(documented).toEqual(told);
    // All of the page's filter, with one size bucket for all of them.
    const others = [...entities.keys()].filter((id) => /_(all|dns|camera)_|packets_(?!65)\d/.test(id));
    const ids = [...entities.keys()].filter((id) => !others.includes(id));
    expect(documented.map(({ id }) => id).sort()).toEqual(ids.sort());
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
