import { describe, expect, it } from 'vitest';

import { maskSecrets, maskSecretsIn, maskUrl } from './secrets.ts';

describe('maskSecrets', () => {
  it.each([
    ['mqtt://me:secret@broker:1 or wss://you@b/ failed', 'mqtt://…@broker:1 or wss://…@b/ failed'],
    ['unknown host me:secret@10.0.0.5', 'unknown host …@10.0.0.5'],
    ['--broker=mqtt:me:secret@h is odd', '--broker=…@h is odd'],
    ['"mqtt://me:sec ret@h" is no URL', '"mqtt://…@h" is no URL'],
    ['ws://h/mqtt?token=secret: HTTP 404', 'ws://h/mqtt?… HTTP 404'],
    ["unknown option '--password=secret'", "unknown option '--password=…"],
    ['too many arguments: mqtt://me:secret', 'too many arguments: mqtt://…'],
  ])('%s', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
    expect(maskSecrets(masked)).toBe(masked);
  });

  it.each([
    'connected to mqtt://[::1]:1883 with MQTT 5 as "ifcast-gw@home"',
    'cannot connect to mqtt://10.0.0.2:1883: nothing listens on port 1883: is the broker running?',
    '/etc/systemd/system/ifcastd@eth0.toml:3:9: delay_ms: 1 is not a number of milliseconds',
    'filter "web": tcp port 443 and host 10.0.0.1',
  ])('leaves alone: %s', (text) => expect(maskSecrets(text)).toBe(text));

  it('goes through values', () => {
    const value = { problem: 'mqtt://a:b@c', n: 1n, none: null, list: ['x:y@z'], at: new Date(0) };
    expect(maskSecretsIn(value)).toEqual({ ...value, problem: 'mqtt://…@c', list: ['…@z'] });
  });
});

it.each([
  ['mqtt://h:1883', 'mqtt://h:1883'],
  ['wss://me:secret@h/mqtt?token=x', 'wss://…@h/mqtt'],
  ['me:secret@h', '…@h'],
  ['mqtt://me:sec?ret@h', 'mqtt://…'],
  ['mqtt://h?token=a@b', 'mqtt://…'],
  ['mqtt://me:secret', 'mqtt://…'],
])('maskUrl %s', (url, masked) => expect(maskUrl(url)).toBe(masked));
