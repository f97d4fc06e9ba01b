// What the daemon costs while it counts and publishes every 500 ms: `npm run bench idle`, as root, for one minute a backend.
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

import { Ifcastd } from '../test/support/ifcastd.ts';
import { createVethPair } from '../test/support/netns.ts';

const SECONDS = Number(process.argv[2] ?? 60);
/** sysconf(_SC_CLK_TCK) of every Linux. */
const TICKS_PER_SECOND = 100;

interface Cost {
  readonly ticks: number;
  readonly rssKib: number;
}

/** A process with its children: user and system time, and memory, from proc(5). */
function costOf(pid: number): Cost {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const rss = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const own = { ticks: Number(fields[11]) + Number(fields[12]), rssKib: Number(rss) };
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children
    .split(' ')
    .filter((child) => child !== '')
    .map((child) => costOf(Number(child)))
    .reduce((sum, child) => ({ ticks: sum.ticks + child.ticks, rssKib: sum.rssKib + child.rssKib }), own);
}

const pair = await createVethPair();
pair.b.spawn('mosquitto', [], { stdio: 'ignore' });
process.stdout.write(
  `five filters on a quiet interface, delay_ms = 500, ${SECONDS} s\n\nbackend  CPU of a core  RSS\n`,
);
for (const backend of ['ebpf', 'cap']) {
  const config = `interface = "${pair.b.iface}"\n[mqtt]\nurl = "mqtt://127.0.0.1"\n`;
  const daemon = new Ifcastd({ config, args: ['--backend', backend], end: pair.b });
  while (!daemon.log.includes('connected to')) await wait(50);
  await wait(2_000);
  const before = costOf(daemon.pid);
  await wait(SECONDS * 1000);
  const after = costOf(daemon.pid);
  const percent = ((after.ticks - before.ticks) / TICKS_PER_SECOND / SECONDS) * 100;
  const rss = after.rssKib / 1024;
  process.stdout.write(`${backend.padEnd(7)}  ${percent.toFixed(2).padStart(11)} %  ${rss.toFixed(0)} MiB\n`);
  await daemon.close();
}
await pair.close();
