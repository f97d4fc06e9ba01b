import { HOUSEHOLD, timedPcapFile } from './packet-mix.ts';
import { Random } from './random.ts';

const SECONDS = 60;
const SNAPLEN = 96;

/**
 * The capture that `npm start -- --replay` plays: a minute of a small household's traffic, made and not captured, so that
 * it holds nobody's data. A download that comes and goes, a call, names looked up, pings, ARP.
 */
export function sampleCapture(): Buffer {
  const generator = new Random(20_261_121);
  const random = (): number => generator.below(1_000_000) / 1e6;
  const packets: { frame: Buffer; offsetUs: number }[] = [];
  const add = (second: number, frame: Buffer): void => {
    packets.push({ frame, offsetUs: Math.floor((second + random()) * 1e6) });
  };
  for (let second = 0; second < SECONDS; second++) {
    const swell = Math.max(0, Math.sin((second / SECONDS) * 4 * Math.PI));
    const downloads = Math.round(swell * 40 * (0.7 + 0.6 * random()));
    for (let i = 0; i < downloads; i++) {
      add(second, HOUSEHOLD.download(random() < 0.8 ? 1514 : 600 + Math.floor(random() * 800)));
      if (i % 2 === 0) add(second, HOUSEHOLD.acknowledgement());
    }
    for (let i = 0; i < 10; i++) add(second, HOUSEHOLD.call(180 + Math.floor(random() * 120)));
    for (let i = 0; i < random() * 3; i++) add(second, HOUSEHOLD.dns(80 + Math.floor(random() * 140)));
    add(second, HOUSEHOLD.ping());
    if (second % 5 === 0) add(second, HOUSEHOLD.arp());
  }
  packets.sort((a, b) => a.offsetUs - b.offsetUs);
  return timedPcapFile(packets, SNAPLEN);
}
