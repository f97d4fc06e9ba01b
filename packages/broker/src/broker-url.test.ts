import { describe, expect, it } from 'vitest';

import { parseBrokerUrl } from './broker-url.ts';

describe('parseBrokerUrl', () => {
  it.each([
    ['mqtt://broker', 'mqtt', 'broker', 1883, '', 'mqtt://broker:1883'],
    ['mqtt://broker/', 'mqtt', 'broker', 1883, '', 'mqtt://broker:1883'],
    ['mqtts://192.0.2.1', 'mqtts', '192.0.2.1', 8883, '', 'mqtts://192.0.2.1:8883'],
    ['mqtt://[2001:db8::1]:1884', 'mqtt', '2001:db8::1', 1884, '', 'mqtt://[2001:db8::1]:1884'],
    ['ws://broker', 'ws', 'broker', 80, '/', 'ws://broker:80/'],
    ['wss://broker:8084/mqtt?token=x', 'wss', 'broker', 8084, '/mqtt?token=x', 'wss://broker:8084/mqtt'],
  ])('takes %s apart', (url, protocol, host, port, path, label) => {
    expect(parseBrokerUrl(url)).toEqual({
      protocol,
      host,
      port,
      path,
      label,
      username: null,
      password: null,
    });
  });

  it('decodes the login and keeps it out of the label', () => {
    expect(parseBrokerUrl('mqtt://me:p%40ss@broker')).toMatchObject({
      username: 'me',
      password: 'p@ss',
      label: 'mqtt://broker:1883',
    });
  });

  it.each([
    'broker',
    'http://me:secret@broker',
    'mqtt://',
    'mqtt://me:secret@broker/path',
    'mqtt://me:secret@broker:0',
    'mqtt://me:secret@broker:70000',
    'mqtt://me:sec/ret@bro ker',
    'mqtt://me:secret%@broker',
    'mqtt://me:se@cret@broker:x',
    'tcp://broker?password=secret',
    'mqtt://me:sec#ret@broker',
    'mqtt://me:sec?ret@broker',
    'ws://me:1/secret@broker',
    'mqtt:me:secret@broker',
    'me:secret@broker',
    'mqtt://me:secret',
  ])('refuses %s in words without a secret', (url) => {
    expect(() => parseBrokerUrl(url)).toThrow(/^broker URL .* cannot be used, .*: give one such as/);
    expect(() => parseBrokerUrl(url)).not.toThrow(/sec|ret@|cret|\bme\b/);
  });
});
