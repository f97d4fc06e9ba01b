/**
 * Simulated daemons on a broker, to look at the dashboard with: `node scripts/bench.mjs simulate mqtt://127.0.0.1 14`.
 *
 * Arguments: broker URL, number of interfaces (1), milliseconds between broadcasts (500).
 */
import { SimulatedFleet } from '../test/support/simulated-daemons.ts';

const [url = 'mqtt://127.0.0.1', count = '1', intervalMs = '500'] = process.argv.slice(2);
const names = Array.from({ length: Number(count) }, (_, index) =>
  index === 0 ? 'gw-01/eth0' : `edge-${String(index).padStart(2, '0')}/eth0`,
);
const fleet = await SimulatedFleet.connect(url, names, Number(intervalMs));
fleet.start();
process.stdout.write(`${names.length} interfaces on ${url}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit());
