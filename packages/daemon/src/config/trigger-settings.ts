import { assertTopicBase, ProtocolError } from '@ifcast/protocol';

import type { TriggerMessage } from '../report/triggers.ts';
import type { UserIds } from '../sys/give-up-privileges.ts';
import { findUser } from '../sys/user-database.ts';
import { bool, integer, oneOf, orEmpty } from './checks.ts';
import { filterId } from './filter-checks.ts';
import type { Place } from './place.ts';
import { type Check, type Key, key, requiredKey, tableArrayKey, tableKey, type ValuesOf } from './table.ts';

/** What makes a trigger fire. */
export type TriggerCondition =
  | {
      readonly when: 'packets';
      /** At least so many since it fired last. */
      readonly packets: number;
      /** What becomes of packets beyond `packets`: forgotten, or kept for the next time. */
      readonly surplus: 'drop' | 'keep';
      readonly waitMs: number;
    }
  | {
      readonly when: 'quiet';
      /** Nothing for so long, after there was something. */
      readonly quietMs: number;
      readonly waitMs: number;
    };

export interface TriggerConfig {
  readonly id: string;
  /** Id of a filter. */
  readonly filter: string;
  readonly condition: TriggerCondition;
  /** A path and its arguments; `null` for none. */
  readonly command: readonly string[] | null;
  /** May hold {@link TRIGGER_PLACEHOLDERS} in topic and payload. */
  readonly message: TriggerMessage | null;
  readonly timeoutMs: number;
  /** Who runs the command, `null` for the daemon's own user. */
  readonly user: UserIds | null;
}

/** What stands for a value in the topic and the payload of a trigger's message. */
export const TRIGGER_PLACEHOLDERS = [
  '{host}',
  '{interface}',
  '{filter}',
  '{packets}',
  '{bytes}',
  '{time}',
] as const;

const DAY_S = 86_400;
const MAX_PAYLOAD_CHARACTERS = 4096;

const command: Check<readonly string[]> = (value, place) => {
  const expected = 'a list of texts such as ["/usr/bin/curl", "http://192.0.2.7/on"]';
  if (!Array.isArray(value) || value.length === 0) return place.isNot(value, expected);
  const words = value.map((word, index) => {
    if (typeof word === 'string' && !word.includes('\0')) return word;
    return place.at(index).isNot(word, 'text in quotes');
  });
  if (words[0]?.startsWith('/') === false)
    return place.at(0).fault('a command begins with the whole path of its program, such as /usr/bin/curl');
  return words.every((word) => word !== undefined) ? words : undefined;
};

const user: Check<UserIds> = (value, place) => {
  const ids = typeof value === 'string' ? findUser(value) : null;
  return ids ?? place.isNot(value, 'a user of this machine: see /etc/passwd');
};

/** A topic to publish on; placeholders stand for levels, or parts of them. */
const messageTopic: Check<string> = (value, place) => {
  if (typeof value !== 'string')
    return place.isNot(value, 'a topic in quotes such as "zigbee2mqtt/plug/set"');
  try {
    assertTopicBase(TRIGGER_PLACEHOLDERS.reduce((topic, name) => topic.replaceAll(name, 'x'), value));
    return value;
  } catch (error) {
    if (error instanceof ProtocolError) return place.fault(error.message);
    throw error;
  }
};

const payload: Check<string> = (value, place) => {
  if (typeof value !== 'string') return place.isNot(value, 'text in quotes');
  if (value.length <= MAX_PAYLOAD_CHARACTERS) return value;
  return place.fault(`${value.length} characters are too many: give at most ${MAX_PAYLOAD_CHARACTERS}`);
};

const MESSAGE = {
  topic: key(orEmpty(messageTopic), null),
  payload: key(payload, ''),
  qos: key(integer(0, 1, 'a quality of service'), 1),
  retain: key(bool, false),
};

const messageTable: Key<TriggerMessage | null> = tableKey(MESSAGE, ({ topic, payload: body, qos, retain }) =>
  topic === null ? null : { topic, payload: body, qos: qos === 0 ? 0 : 1, retain },
);

const KEYS = {
  id: requiredKey(filterId, 'an id such as "camera", which names the trigger in topics'),
  filter: requiredKey(filterId, 'the id of the filter whose packets it looks at'),
  when: key(oneOf('packets', 'quiet'), 'packets'),
  packets: key(integer(1, 1_000_000_000, 'a number of packets'), 1),
  quiet_s: key(integer(1, 30 * DAY_S, 'a number of seconds'), 60),
  wait_s: key(integer(1, DAY_S, 'a number of seconds'), 1),
  surplus: key(oneOf('drop', 'keep'), 'drop'),
  command: key(orEmpty(command), null),
  mqtt: messageTable,
  timeout_s: key(integer(1, DAY_S, 'a number of seconds'), 30),
  user: key(orEmpty(user), null),
};

/** `[[trigger]]`. */
export const triggerTables: Key<readonly TriggerConfig[] | null> = tableArrayKey(KEYS, (tables, place) =>
  tables.map((values, index) => {
    const at = place.at(index);
    const first = tables.findIndex(({ id }) => id === values.id);
    if (values.id !== null && first < index)
      at.at('id').fault(
        `trigger[${first}] has the id "${values.id}" already: give each trigger one of its own`,
      );
    return {
      id: values.id ?? '',
      filter: values.filter ?? '',
      condition: conditionOf(values),
      command: values.command,
      message: values.mqtt,
      timeoutMs: values.timeout_s * 1000,
      user: values.user,
    };
  }),
);

function conditionOf({ when, packets, quiet_s, wait_s, surplus }: ValuesOf<typeof KEYS>): TriggerCondition {
  const waitMs = wait_s * 1000;
  return when === 'quiet' ? { when, quietMs: quiet_s * 1000, waitMs } : { when, packets, surplus, waitMs };
}

/** Notes triggers of filters that are not counted. */
export function checkTriggerFilters(
  triggers: readonly TriggerConfig[],
  filters: readonly { readonly id: string; readonly enabled: boolean }[],
  place: Place,
): void {
  triggers.forEach(({ filter }, index) => {
    const found = filters.find(({ id }) => id === filter);
    if (filter === '' || found?.enabled === true) return;
    const known = filters.filter(({ enabled }) => enabled).map(({ id }) => `"${id}"`);
    const why = found === undefined ? `there is no filter "${filter}"` : `the filter "${filter}" is disabled`;
    place
      .at(index)
      .at('filter')
      .fault(`${why}: name one of ${known.join(', ')}`);
  });
}
