/** The pictures of docs/home-assistant.md, from the real frontend in a real browser, which has to show no error. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Browser } from './browser.ts';
import { House, read } from './house.ts';
import { frameTo } from './link.ts';

const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const MAX_BYTES = 150_000;
const MINUTES = Number(process.env['IFCAST_PICTURE_MINUTES'] ?? 4);

let house: House;
let browser: Browser;
let begin: Date;
const open: { close(): unknown }[] = [];

beforeAll(
  async () => {
    house = await House.open({
      configuration: `
lovelace:
  dashboards:
    network-view:
      mode: yaml
      title: Network
      icon: mdi:network
      show_in_sidebar: true
      filename: dashboard.yaml
`,
      files: {
        'dashboard.yaml': `title: Network\nviews:\n${indented(read('config/home-assistant/dashboard.yaml'))}`,
      },
    });
    open.push(house);
    await house.server.finishOnboarding();
    house.start(house.config(['url = "http://192.0.2.1/"']));
    await house.untilState('sensor.ifcast_gw_eth0_state', 'counting');
    browser = await Browser.open(
      1280,
      1120,
      `localStorage.hassTokens = ${JSON.stringify(JSON.stringify(tokens()))};`,
    );
    open.push(browser);
    await earlierDays();
    begin = new Date();
    await someTraffic();
  },
  (MINUTES + 3) * 60_000,
);
afterAll(async () => {
  for (const thing of open.reverse()) await thing.close();
});

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

/** What the frontend keeps of a login. */
function tokens(): Readonly<Record<string, unknown>> {
  const { url, token } = house.server;
  const expires = Date.now() + 1_800_000;
  return {
    hassUrl: url,
    clientId: `${url}/`,
    access_token: token,
    expires,
    expires_in: 1800,
    refresh_token: '',
    token_type: 'Bearer',
  };
}

/** Days before this one, for the card that shows two weeks. */
async function earlierDays(): Promise<void> {
  const hour = 3_600_000;
  const hours = 14 * 24;
  const first = Math.floor(Date.now() / hour) * hour - hours * hour;
  for (const [id, share] of [
    ['all', 1],
    ['web', 0.7],
  ] as const) {
    let sum = 0;
    const stats = Array.from({ length: hours }, (_, i) => {
      sum += share * 400 * (1.3 + Math.sin(i / 3.8) + 0.5 * Math.sin(i / 40));
      return { start: new Date(first + i * hour).toISOString(), sum, state: sum };
    });
    const metadata = {
      ...{ statistic_id: `sensor.ifcast_gw_eth0_${id}_bytes`, source: 'recorder', name: null },
      ...{ has_sum: true, mean_type: 0, unit_class: 'information', unit_of_measurement: 'MB' },
    };
    await house.server.api.call('recorder/import_statistics', { metadata, stats });
  }
}

/** Something to see: web that comes and goes, a little DNS. */
async function someTraffic(): Promise<void> {
  const web = Array.from({ length: 40 }, () => frameTo({ port: 443, syn: true }));
  const dns = [frameTo({ port: 53 })];
  for (let step = 0; step < MINUTES * 6; step++) {
    const rate = Math.round(3000 + 2000 * Math.sin(step / 2) + 700 * Math.sin(step * 1.7));
    house.link.sendForever([...web, ...dns, ...dns], rate);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    await house.link.sendNothing();
  }
  house.link.sendForever([...web, ...dns], 3000);
}

/** All elements of a kind, in shadow trees too, as an expression for the page. */
function all(selector: string): string {
  return `(function find(root) {
    return [...root.querySelectorAll(${JSON.stringify(selector)}),
      ...[...root.querySelectorAll('*')].flatMap((each) => each.shadowRoot ? find(each.shadowRoot) : [])];
  })(document)`;
}

async function picture(name: string, selector: string, height: number): Promise<void> {
  // Animations come to rest.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const clip = await browser.evaluate<{ x: number; y: number; width: number; height: number }>(
    `(({ x, y, width, height }) => ({ x, y, width, height }))(${all(selector)}[0].getBoundingClientRect())`,
  );
  const png = await browser.screenshot({ ...clip, height });
  const { stdout } = spawnSync('pngquant', ['--speed=1', '--strip', '64', '-'], {
    input: png,
    maxBuffer: 1 << 26,
  });
  expect(stdout.byteLength).toBeGreaterThan(1000);
  expect(stdout.byteLength).toBeLessThan(MAX_BYTES);
  mkdirSync(IMAGES, { recursive: true });
  writeFileSync(`${IMAGES}home-assistant-${name}.png`, stdout);
}

describe('the frontend', () => {
  it("shows the interface's device", async () => {
    const device = (await house.devices()).get('gw eth0');
    await browser.go(`${house.server.url}/config/devices/device/${device?.id}`);
    await browser.until('the device', `${all('ha-device-entities-card')}.length > 1`);
    await picture('device', 'ha-config-device-page', 1090);
  });

  it("shows an entity's history", async () => {
    const [start, end] = [begin, new Date()].map((date) => encodeURIComponent(date.toISOString()));
    const entity = 'sensor.ifcast_gw_eth0_web_rate';
    await browser.go(`${house.server.url}/history?entity_id=${entity}&start_date=${start}&end_date=${end}`);
    await browser.until('the history', `${all('state-history-chart-line')}.length > 0`);
    await picture('history', 'ha-panel-history', 520);
  });

  it('shows the dashboard of config/home-assistant, without a card that fails', async () => {
    await browser.go(`${house.server.url}/network-view/network`);
    await browser.until('the cards', `${all('hui-statistics-graph-card')}.length > 0`);
    await picture('dashboard', 'hui-sections-view', 670);
    expect(await browser.evaluate(`${all('hui-error-card, hui-warning')}.length`)).toBe(0);
  });
});
