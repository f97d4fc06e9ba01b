import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe } from 'vitest';

import { EmbeddedBroker } from '../../packages/daemon/src/outputs/mqtt/embedded-broker.ts';
import { itKeepsTheContract } from '../support/broker-contract.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { requirements } from '../support/requirements.ts';

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('mosquitto', () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await Mosquitto.start();
  });
  afterAll(() => broker.close());
  itKeepsTheContract({ port: () => broker.port, version: '5' });
});

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))(
  'mosquitto with a login, asked for MQTT 3.1.1',
  () => {
    let broker: Mosquitto;
    beforeAll(async () => {
      broker = await Mosquitto.start({ config: ['allow_anonymous false'] });
      await broker.stop();
      const passwords = join(broker.directory, 'passwords');
      writeFileSync(passwords, '', { mode: 0o600 });
      execFileSync('mosquitto_passwd', ['-b', passwords, 'me', 'secret']);
      broker.configure(['allow_anonymous false', `password_file ${passwords}`]);
      await broker.start();
    });
    afterAll(() => broker.close());
    itKeepsTheContract({
      port: () => broker.port,
      setting: '3.1.1',
      version: '3.1.1',
      login: { username: 'me', password: 'secret' },
    });
  },
);

describe.runIf(requirements('mosquitto_sub'))('the embedded broker', () => {
  const broker = new EmbeddedBroker();
  let port: number;
  beforeAll(async () => {
    ({ port } = await broker.start(0));
  });
  afterAll(() => broker.stop());
  itKeepsTheContract({ port: () => port, version: '3.1.1' });
});
