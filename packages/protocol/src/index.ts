/**
 * What travels on MQTT: the topic tree, the payloads, how they are encoded and how they are parsed (unknown in, typed
 * out), and the packet-size buckets that both ends share. Pure: no I/O, no timers.
 */
export { encodeMessage } from './encode.ts';
export type {
  BackendName,
  EventCode,
  FilterCounts,
  FilterState,
  Health,
  HookName,
  HostEvent,
  Info,
  InfoFilter,
  InfoGap,
  InfoInterface,
  InfoOutput,
  InfoTrigger,
  InterfaceState,
  OutputState,
  PacketKind,
  Stats,
  Status,
  TriggerFiring,
} from './messages.ts';
export {
  EVENT_CODES,
  HOOK_NAMES,
  PACKET_KINDS,
} from './messages.ts';
export {
  decodePayload,
  MAX_PAYLOAD_BYTES,
  parseFilterState,
  parseHealth,
  parseInfo,
  parseStats,
} from './parse.ts';
export { ProtocolError } from './protocol-error.ts';
export {
  DEFAULT_SIZE_UPPER_BOUNDS,
  MAX_SIZE_UPPER_BOUNDS,
  sizeBucketLabels,
} from './size-buckets.ts';
export {
  assertTopicBase,
  DEFAULT_TOPIC_BASE,
  parseTopic,
  type TopicAddress,
  topicLevel,
  topicOf,
} from './topics.ts';
