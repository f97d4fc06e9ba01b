// Runs the optional suite against brokers that few machines have: RabbitMQ and NATS, from Debian.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { installSystemPackages, setUp } from './setup.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

await setUp({ test: true });
installSystemPackages(['nats-server', 'rabbitmq-server']);
const { status } = spawnSync(
  join(root, 'node_modules', '.bin', 'vitest'),
  ['run', '--config', 'test/brokers/vitest.config.ts', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
