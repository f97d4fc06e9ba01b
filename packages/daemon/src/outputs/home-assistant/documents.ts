import type { Info } from '@ifcast/protocol';

import type { HomeAssistantConfig } from '../../config/home-assistant-settings.ts';
import type { DeviceDocument } from './component.ts';
import { hostDevice } from './host-device.ts';
import { interfaceDevice } from './interface-device.ts';

/** What the documents need of the configuration. */
export type DocumentConfig = Pick<HomeAssistantConfig, 'buckets' | 'units' | 'url'>;

/**
 * The device documents of a daemon by device id: the host's, then one for each thing on it. Ids are made of host, interface
 * and filter ids alone: they stay over restarts, other names and another order.
 *
 * @param base - `mqtt.topic`
 * @param installation - what tells this daemon from others whatever its host is called; `null` where nothing does
 */
export function deviceDocuments(
  info: Info,
  base: string,
  config: DocumentConfig,
  installation: string | null = null,
): Map<string, DeviceDocument> {
  const about = {
    ...(config.url !== null && { cu: config.url }),
    ...(installation !== null && { sn: installation }),
  };
  const devices = [
    hostDevice(info, base, about),
    ...info.interfaces.map((iface) => interfaceDevice(info, iface, base, config)),
  ];
  return new Map(devices.map((device) => [device.id, device.document()]));
}
