import { BrokerError, parseBrokerUrl } from '@ifcast/broker';
import { assertTopicBase, ProtocolError } from '@ifcast/protocol';

import { oneOrMore, text } from './checks.ts';
import type { Check } from './table.ts';

const brokerUrl: Check<string> = (value, place) => {
  if (typeof value !== 'string')
    return place.isNot(value, 'a broker URL in quotes such as "mqtt://192.0.2.1"');
  try {
    parseBrokerUrl(value);
    return value;
  } catch (error) {
    if (error instanceof BrokerError) return place.fault(error.message);
    throw error;
  }
};

/** Broker URLs in the order in which they are tried, or `embedded`. */
export const brokerUrls: Check<readonly string[] | 'embedded'> = (value, place) => {
  if (value === 'embedded') return 'embedded';
  if (Array.isArray(value) && value.includes('embedded')) {
    return place.at(value.indexOf('embedded')).fault('"embedded" stands alone: give it, or URLs');
  }
  return oneOrMore(brokerUrl)(value, place);
};

/** The first levels of a topic. */
export const topicBase: Check<string> = (value, place) => {
  if (typeof value !== 'string') return place.isNot(value, 'a topic in quotes such as "ifcast"');
  try {
    assertTopicBase(value);
    return value;
  } catch (error) {
    if (error instanceof ProtocolError) return place.fault(error.message);
    throw error;
  }
};

/** A name that a host goes by in topics. */
export const hostName: Check<string> = text(64);

/** `auto`, or the only version of MQTT that is spoken. */
export const mqttVersion: Check<'auto' | '5' | '3.1.1'> = (value, place) => {
  if (value === 'auto' || value === '5' || value === '3.1.1') return value;
  return value === 5n ? '5' : place.isNot(value, 'one of "auto", "5", "3.1.1"');
};
