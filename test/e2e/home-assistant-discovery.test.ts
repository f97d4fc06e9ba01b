import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  type Discovery,
  discoverySet,
  transition,
} from '../../packages/daemon/src/outputs/home-assistant/discovery.ts';
import { deviceDocuments } from '../../packages/daemon/src/outputs/home-assistant/documents.ts';
import { HomeAssistantModel } from '../support/home-assistant.ts';
import { hostInfo } from '../support/publishing.ts';

const PREFIX = 'homeassistant';
const DOCUMENTS = { units: 'Mbit/s', url: null } as const;

describe('transition', () => {
  const filter = fc.constantFrom('a', 'b', 'c').map((id) => ({ id, name: id.toUpperCase() }));
  const configuration = fc.record({
    enabled: fc.boolean(),
    discovery: fc.constantFrom('device' as const, 'entity' as const),
    buckets: fc.boolean(),
    interfaces: fc.uniqueArray(fc.constantFrom('eth0', 'eth1', 'wan'), { minLength: 1 }),
    filters: fc.uniqueArray(filter, { selector: ({ id }) => id }),
    bounds: fc.constantFrom([64, 1512], [64, 255, 1512]),
  });

  it('leaves in Home Assistant exactly what is wanted, over any configurations in a row', () => {
    fc.assert(
      fc.property(fc.array(configuration, { minLength: 1, maxLength: 5 }), (configurations) => {
        const model = new HomeAssistantModel();
        let retained = new Map<string, Discovery>();
        for (const { enabled, discovery, buckets, interfaces, filters, bounds } of configurations) {
          const info = hostInfo(interfaces, filters, { sizeUpperBounds: bounds });
          const documents = deviceDocuments(info, 'ifcast', { buckets, ...DOCUMENTS });
          const wanted = enabled
            ? discoverySet(documents, { discoveryPrefix: PREFIX, discovery })
            : new Map();
          const broker = new Map(retained);
          for (const [topic, message] of transition(retained, wanted).flat()) {
            model.receive(topic, message === null ? '' : JSON.stringify(message));
            if (message === null) broker.delete(topic);
            else broker.set(topic, message);
          }
          const ids = enabled ? [...documents.values()].flatMap(({ cmps }) => Object.values(cmps)) : [];
          expect(model.complaints).toEqual([]);
          expect(model.orphans).toEqual([]);
          expect(model.uniqueIds).toEqual(ids.map(({ uniq_id }) => uniq_id).sort());
          expect(broker).toEqual(wanted);
          retained = broker;
        }
      }),
    );
  });

  it('finishes a migration that was cut off', () => {
    const documents = deviceDocuments(hostInfo(['eth0'], ['a']), 'ifcast', {
      buckets: false,
      ...DOCUMENTS,
    });
    const entities = discoverySet(documents, { discoveryPrefix: PREFIX, discovery: 'entity' });
    const devices = discoverySet(documents, { discoveryPrefix: PREFIX, discovery: 'device' });
    const steps = transition(entities, devices).flat();
    for (let cut = 0; cut <= steps.length; cut++) {
      const model = new HomeAssistantModel();
      const broker = new Map(entities);
      const send = (batch: typeof steps) => {
        for (const [topic, message] of batch) {
          model.receive(topic, message === null ? '' : JSON.stringify(message));
          if (message === null) broker.delete(topic);
          else broker.set(topic, message);
        }
      };
      send([...entities]);
      send(steps.slice(0, cut));
      send(transition(new Map(broker), devices).flat());
      expect([model.complaints, model.orphans, broker]).toEqual([[], [], devices]);
      expect(model.uniqueIds).toHaveLength(5 + 12);
    }
  });
});
