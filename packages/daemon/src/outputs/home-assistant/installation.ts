import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { probeInterface } from '../../sys/network-interface.ts';

const MACHINE_ID = '/etc/machine-id';

/**
 * What tells this daemon from all others whatever its host is called: made of the machine, of the interface's hardware (a
 * copied system has the same machine id) and of the arguments (a second daemon on the machine has others).
 *
 * @param iface - the first one that is counted
 * @returns 12 hexadecimal digits from which neither can be told, as machine-id(5) asks for; `null` where there is no machine
 *   id or no hardware address
 */
export function installationOf(
  iface: string,
  args: readonly string[] = process.argv.slice(2),
): string | null {
  try {
    const machine = readFileSync(MACHINE_ID, 'utf8').trim();
    const mac = probeInterface(iface)?.mac ?? '';
    if (machine === '' || /^[0:]*$/.test(mac)) return null;
    return createHmac('sha256', machine)
      .update(JSON.stringify(['ifcast', mac, ...args]))
      .digest('hex')
      .slice(0, 12);
  } catch {
    return null;
  }
}
