import { encodeMessage } from '@ifcast/protocol';
import { describe, expect, test } from 'vitest';

import { info, NOW, stats } from '../fixtures.ts';
import { intake, subscriptions } from './intake.ts';

function take(topic: string, payload: string | Uint8Array): unknown {
  return intake(
    'ifcast',
    topic,
    typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
    false,
  );
}

test('what is subscribed to', () => {
  expect(subscriptions('ifcast', '+', '+')).toEqual([
    'ifcast/+/status',
    'ifcast/+/info',
    'ifcast/+/health',
    'ifcast/+/+/stats',
  ]);
  expect(subscriptions('home/ifcast', 'gw-01', 'eth0').at(-1)).toBe('home/ifcast/gw-01/eth0/stats');
});

describe('messages', () => {
  test('status', () => {
    expect(take('ifcast/gw-01/status', 'online')).toEqual({
      type: 'status',
      host: 'gw-01',
      status: 'online',
      retained: false,
    });
  });
  test('info', () => {
    expect(take('ifcast/gw-01/info', encodeMessage(info()))).toEqual({
      type: 'info',
      host: 'gw-01',
      info: info(),
    });
  });
  test('stats', () => {
    const message = stats(NOW);
    expect(take('ifcast/gw-01/eth0/stats', encodeMessage(message))).toEqual({
      type: 'stats',
      host: 'gw-01',
      iface: 'eth0',
      stats: message,
    });
  });
  test('a deleted retained topic', () => {
    expect(take('ifcast/gw-01/info', '')).toEqual({ type: 'removed', host: 'gw-01' });
    expect(take('ifcast/gw-01/status', '')).toEqual({ type: 'removed', host: 'gw-01' });
  });
  test('texts are made harmless', () => {
    const message = take(
      'ifcast/gw-01/info',
      encodeMessage(
        info({ host: 'gw\u001b[2J', filters: [{ id: 'a', name: '\u202eb', expression: '\u0007' }] }),
      ),
    );
    expect(message).toMatchObject({
      info: { host: 'gw�[2J', filters: [{ id: 'a', name: '�b', expression: '�' }] },
    });
  });
});

describe('rejections say where and why, harmlessly', () => {
  test.each([
    ['ifcast/gw-01/eth0/stats', 'null', 'field "stats" is not an object'],
    ['ifcast/gw-01/eth0/stats', ' ', 'payload is not JSON'],
    ['ifcast/gw-01/status', 'maybe', 'status is neither'],
    ['ifcast/gw-01/info', '{"app":"other"}', 'field "app"'],
    ['ifcast/gw-01/health', '[]', 'field "health" is not an object'],
    ['ifcast/g\u001bw/status', 'online', 'none of ifcast'],
  ])('%j %j', (topic, payload, reason) => {
    const message = take(topic, payload) as { type: string; topic: string; reason: string };
    expect(message.type).toBe('rejected');
    expect(message.reason).toContain(reason);
    expect(message.topic).not.toContain('\u001b');
  });
  test('a payload of 100 MB is not looked at', () => {
    expect(take('ifcast/gw-01/eth0/stats', new Uint8Array(100_000_000))).toMatchObject({ type: 'rejected' });
    expect(take('ifcast/gw-01/status', new Uint8Array(100_000_000))).toMatchObject({ type: 'rejected' });
  });
});

test('slow topics are not looked at', () => {
  expect(take('ifcast/gw-01/eth0/filter/web', '{}')).toBeNull();
  expect(take('ifcast/gw-01/eth0/stats', '')).toBeNull();
});
