// Runs the optional suite against a real Home Assistant, in a network namespace of its own: nothing else on the machine can
// reach it. `npm run test:home-assistant` tests; `… -- load` and `… -- pictures` measure the recorder and take the pictures.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { homeAssistantSystem } from './home-assistant-system.mjs';
import { installSystemPackages, setUp } from './setup.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [suite = 'house', ...more] = process.argv.slice(2);

if (process.getuid?.() !== 0) {
  process.stderr.write('home assistant: needs root, for debootstrap, namespaces and eBPF\n');
  process.exit(77);
}
await setUp({ test: true });
installSystemPackages(['debootstrap', ...(suite === 'pictures' ? ['chromium', 'pngquant'] : [])]);
const system = homeAssistantSystem();
const vitest = join(root, 'node_modules', '.bin', 'vitest');
const inNamespace = 'ip link set lo up; exec "$@"';
const { status } = spawnSync(
  'unshare',
  [
    ...['--net', 'sh', '-ec', inNamespace, 'sh', vitest, 'run', suite],
    ...['--config', 'test/home-assistant/vitest.config.ts', ...more],
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      IFCAST_HOME_ASSISTANT: system.root,
      // Node 20 has a WebSocket and hides it.
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-websocket`,
    },
  },
);
process.exitCode = status ?? 1;
