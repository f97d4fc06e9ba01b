// What is on the wire and what tools beside it show: `npm run bench wire`, as root. A TCP stream of 100 MB leaves an interface
// with TSO and GSO on; beyond, a link with all offloads off shows each packet.
import { DEFAULT_SIZE_UPPER_BOUNDS, sizeBucketLabels } from '@ifcast/protocol';
import { IFCAST } from '../test/support/ifcast.ts';
import { Ifcastd } from '../test/support/ifcastd.ts';
import { RECEIVER, RoutedLink } from '../test/support/routed-link.ts';
import { type Counted, LiveTcpdumps } from '../test/support/tcpdump.ts';

const EXPRESSION = 'tcp dst port 5201';

const link = await RoutedLink.create();
const daemon = new Ifcastd({
  config: `interface = "${link.sender.iface}"
[mqtt]
url = "embedded"
[[filter]]
id = "stream"
match = "${EXPRESSION}"
`,
  end: link.sender,
});
try {
  while (!daemon.log.includes('connected to')) await new Promise((resolve) => setTimeout(resolve, 50));
  const beyond = await LiveTcpdumps.start(link.receiver, [EXPRESSION], ['-U']);
  const beside = await LiveTcpdumps.start(link.sender, [EXPRESSION], ['-U']);
  const server = link.receiver.spawn('iperf3', ['--server', '--one-off', '--forceflush'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = new Promise((resolve) => server.once('exit', resolve));
  await new Promise((resolve) => server.stdout?.once('data', resolve));
  await link.sender.exec('iperf3', '--client', RECEIVER.ipv4, '--bytes', '100M', '--bitrate', '1G');
  await exited;
  // The second message from now has all of it.
  const lines = await link.sender.exec(process.execPath, IFCAST, '--json', '--count', '3');
  const ours: Counted = countedIn(lines.trim().split('\n').at(-1)!);
  const deadline = Date.now() + 10_000;
  while (beyond.written()[0]!.packets < ours.packets && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const rows: [string, Counted][] = [
    ['tcpdump beyond, no offloads', (await beyond.stop())[0]!],
    ['ifcast, packet = "wire"', ours],
    ['tcpdump beside ifcast', (await beside.stop())[0]!],
  ];
  const head = ['', 'packets', 'bytes', ...sizeBucketLabels(DEFAULT_SIZE_UPPER_BOUNDS)];
  process.stdout.write(`| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}\n`);
  for (const [name, counted] of rows) {
    process.stdout.write(`| ${[name, counted.packets, counted.bytes, ...counted.sizes].join(' | ')} |\n`);
  }
} finally {
  await daemon.close();
  await link.close();
}

/** The counts in a line of `ifcast --json`. */
function countedIn(line: string): Counted {
  const [filter] = JSON.parse(line).stats.filters;
  return { packets: filter.packets_total, bytes: filter.bytes_total, sizes: filter.sizes_total };
}
