/** What ifcast costs the recorder: rows of its database, with five filters on four interfaces that all have traffic. */
import { afterAll, beforeAll, expect, it } from 'vitest';

import { House } from './house.ts';
import { frameTo, Link } from './link.ts';

const MINUTES = Number(process.env['IFCAST_LOAD_MINUTES'] ?? 10);
const STATE_INTERVAL_S = 30;
const INTERFACES = ['eth0', 'eth1', 'eth2', 'eth3'];
const MINUTES_A_DAY = 1440;

let house: House;
const links: Link[] = [];

beforeAll(async () => {
  house = await House.open();
  links.push(house.link);
  for (const iface of INTERFACES.slice(1)) links.push(await Link.make(iface));
});
afterAll(async () => {
  await house?.close();
  await Promise.all(links.map((link) => link.close()));
});

/** One of each for the five filters that there are by default. */
function frames(): Buffer[] {
  const [icmp, arp] = [frameTo({ port: 0 }), frameTo({ port: 0 })];
  icmp.writeUInt8(1, 23);
  arp.writeUInt16BE(0x0806, 12);
  return [frameTo({ port: 53 }), frameTo({ port: 443, syn: true }), icmp, arp];
}

it(
  `writes to the recorder's database, in ${MINUTES} minutes`,
  async () => {
    for (const link of links) link.sendForever(frames(), 20);
    house.start(`interface = ${JSON.stringify(INTERFACES)}
host = "gw"
[mqtt]
url = "${house.broker.url}"
[home_assistant]
enabled = true
`);
    const entities = await house.until(
      'all entities',
      () => house.entities(),
      ({ size }) => size === 5 + INTERFACES.length * (5 + 5 * 6),
    );
    const enabled = [...entities.values()].filter(({ disabled_by }) => disabled_by === null);
    await house.until(
      'all states',
      () => house.states(),
      (states) =>
        enabled.every(
          ({ entity_id }) => !['unknown', 'unavailable'].includes(states.get(entity_id)?.state ?? 'unknown'),
        ),
      2 * STATE_INTERVAL_S * 1000,
    );
    const begin = new Date();
    // Looked at now and then: Node closes a WebSocket on which nothing comes.
    await house.until(
      'the time',
      () => house.states(),
      () => Date.now() - begin.getTime() >= MINUTES * 60_000,
      Number.POSITIVE_INFINITY,
      10_000,
    );
    const history = await house.server.api.call<Record<string, unknown[]>>('history/history_during_period', {
      start_time: begin.toISOString(),
      entity_ids: enabled.map(({ entity_id }) => entity_id),
      include_start_time_state: false,
      significant_changes_only: false,
      minimal_response: true,
      no_attributes: true,
    });
    const rowsOf = (pattern: RegExp) =>
      Object.entries(history).reduce((sum, [id, rows]) => sum + (pattern.test(id) ? rows.length : 0), 0);
    const aDay = (rows: number) => Math.round((rows / MINUTES) * MINUTES_A_DAY).toLocaleString('en');
    const kinds = { rates: /_rate$/, totals: /_(bytes|packets)$/, 'all entities': /./ };
    const lines = Object.entries(kinds).map(([kind, pattern]) => {
      const count = enabled.filter(({ entity_id }) => pattern.test(entity_id)).length;
      return `| ${kind} | ${count} | ${rowsOf(pattern)} | ${aDay(rowsOf(pattern))} |`;
    });
    process.stdout.write(
      `\n| what | enabled | rows in ${MINUTES} min | rows a day |\n|---|---|---|---|\n${lines.join('\n')}\n\n`,
    );
    expect(rowsOf(/./)).toBeGreaterThan(0);
    // Nothing is written that no message has brought.
    for (const [id, { length }] of Object.entries(history))
      expect([id, length]).toEqual([id, Math.min(length, (MINUTES * 60) / STATE_INTERVAL_S + 1)]);
  },
  (MINUTES + 5) * 60_000,
);
