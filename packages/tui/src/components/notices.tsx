import type { ReactElement } from 'react';

import type { Model } from '../shown/model.ts';
import type { InterfaceScene, ListScene, Scene } from '../shown/scene.ts';
import { raisedAlarms } from '../store/alarms.ts';
import type { ReplayPosition } from '../store/event-source.ts';
import { expectedIntervalMs } from '../store/liveness.ts';
import type { Connection, Replay } from '../store/state.ts';
import { duration } from '../text/format.ts';
import { type Line, type Style, span } from '../text/line.ts';
import { wrapped } from '../text/wrap.ts';
import { Rows } from './rows.tsx';

/** More alarms are a list of their own. */
const MAX_ALARMS = 3;

/** One sentence on how things are; what `more` adds is shown where there is nothing else to look at. */
interface Notice {
  readonly text: string;
  readonly style: Style;
  readonly more?: readonly string[];
}

export interface NoticesProps {
  readonly lines: readonly Line[];
  readonly rows: number;
}

/** Everything that is not as it should be, gravest first. */
export function Notices({ lines, rows }: NoticesProps): ReactElement {
  return <Rows lines={lines} rows={rows} />;
}

/** The lines of the notices, as many as it takes; none when all is well. */
export function noticeLines(model: Model, scene: Scene, columns: number): Line[] {
  return noticesOf(model, scene).flatMap(({ text, style }) =>
    wrapped(text, columns - 2).map((line): Line => [span(` ${line}`, style)]),
  );
}

/** The same where there is nothing else to look at: with air, and with what to do. */
export function spaciousNoticeLines(model: Model, scene: Scene, columns: number): Line[] {
  return noticesOf(model, scene).flatMap(({ text, style, more = [] }) => [
    [],
    ...wrapped(text, columns - 2).map((line): Line => [span(` ${line}`, style)]),
    ...more
      .flatMap((sentence) => wrapped(sentence, columns - 2))
      .map((line): Line => [span(` ${line}`, 'dim')]),
  ]);
}

function noticesOf(model: Model, scene: Scene): Notice[] {
  const { state, view, replay, settings } = model;
  const list: Notice[] = [];
  if (view.paused !== null) {
    const at = settings.timeOfDay(view.paused.at);
    list.push({ text: `${settings.glyphs.paused} PAUSED ${at}, counting continues`, style: 'warn' });
  }
  if (state.replay !== null) list.push(replayNotice(model, state.replay, replay));
  if (state.problem !== null) list.push({ text: `! ${state.problem}`, style: 'bad' });
  const connection = connectionNotice(state.connection, model.now);
  if (connection !== null) list.push(connection);
  else if (scene.kind === 'nothing') list.push(nothingYet(model));
  else if (scene.kind === 'interface') list.push(...interfaceNotices(model, scene));
  list.push(...alarmNotices(model, scene));
  if (scene.kind === 'list') list.push(...listNotices(model, scene));
  const { count, last } = scene.state.rejected;
  if (count > 0) {
    list.push({ text: `! ${count} message${count === 1 ? '' : 's'} rejected, last: ${last}`, style: 'warn' });
  }
  return list;
}

/** The alarms of the interface that is looked at; in a list of all of them, how many there are and the first. */
function alarmNotices({ settings }: Model, scene: Scene): Notice[] {
  const alarms = raisedAlarms(scene.state.alarms, scene.kind === 'interface' ? scene.target.key : null);
  const seen = scene.kind === 'interface' ? alarms : alarms.slice(0, MAX_ALARMS);
  const notices = seen.map(
    ({ rule, subject, since }): Notice => ({
      text: `! ALARM ${subject}: ${rule.text}, since ${settings.timeOfDay(since)}`,
      style: rule.color,
    }),
  );
  if (seen.length < alarms.length) {
    notices.push({ text: `! and ${alarms.length - seen.length} other alarms: E lists them`, style: 'bad' });
  }
  return notices;
}

function replayNotice({ settings }: Model, { name, ended }: Replay, at: ReplayPosition | null): Notice {
  const style = 'accent';
  if (ended) return { text: `END of the recording ${name}`, style };
  const parts = [`REPLAY of the recording ${name}, not live traffic`];
  if (at !== null) {
    if (at.paused) parts.push(`${settings.glyphs.paused} PAUSED`);
    if (at.speed !== 1)
      parts.push(Number.isFinite(at.speed) ? `${at.speed} times as fast` : 'as fast as it goes');
    if (at.seeking) parts.push('seeking');
  }
  return { text: parts.join('  '), style };
}

function listNotices({ view }: Model, { found, all }: ListScene): Notice[] {
  const { find, finding, liveOnly } = view.list;
  const among = `${found.length} of ${all.length}`;
  if (finding) return [{ text: `/${find}_  ${among}`, style: 'accent' }];
  if (find !== '') return [{ text: `/${find}  ${among}  Esc shows all`, style: 'accent' }];
  if (liveOnly) return [{ text: `live only: ${among}  x shows all`, style: 'accent' }];
  return [];
}

function connectionNotice(connection: Connection, now: number): Notice | null {
  const { phase, broker, attempt, lostAt, reason, retryAt } = connection;
  if (phase === 'connected') return null;
  if (lostAt !== null) {
    const ago = duration(now - lostAt);
    const next =
      phase === 'connecting'
        ? `Connecting, attempt ${attempt}`
        : `Retry in ${seconds(retryAt, now)}, r retries now`;
    const why = reason === null ? '' : `: ${broker}: ${reason}`;
    return { text: `! BROKER LOST ${ago} ago${why}. Last values shown. ${next}`, style: 'bad' };
  }
  if (phase === 'connecting') {
    const more = reason === null ? [] : [`last time: ${reason}`];
    return { text: `Connecting to ${broker}, attempt ${attempt}`, style: 'accent', more };
  }
  return {
    text: `Cannot reach broker ${broker}: ${reason}`,
    style: 'bad',
    more: [
      `attempt ${attempt}  retry in ${seconds(retryAt, now)}  r retries now`,
      '',
      'Is the broker running there? Another one: ifcast --broker mqtt://HOST',
    ],
  };
}

/** Whole seconds: a countdown that shows tenths is never read. */
function seconds(retryAt: number | null, now: number): string {
  return `${Math.max(0, Math.ceil(((retryAt ?? now) - now) / 1000))} s`;
}

function nothingYet({ state, settings, now }: Model): Notice {
  const hosts = [...state.hosts.values()];
  const offline = hosts.filter(({ status }) => status === 'offline').length;
  if (hosts.length > 0 && offline === hosts.length) {
    const text =
      hosts.length === 1 ? `${hosts[0]?.host} is offline` : `All ${hosts.length} hosts are offline`;
    return { text: `! ${text}`, style: 'bad' };
  }
  const [only] = hosts;
  if (only?.info && hosts.length === 1) {
    return { text: `${only.info.host} is live but has no interfaces`, style: 'warn' };
  }
  const since = Math.floor((now - state.connection.since) / 1000);
  return {
    text: `Connected. Nothing has been published under ${settings.topic} yet (${since} s)`,
    style: 'accent',
    more: ['', `Start the daemon where the traffic is: ifcastd --broker ${state.connection.broker}`],
  };
}

function interfaceNotices({ settings }: Model, scene: InterfaceScene): Notice[] {
  const { target, liveness, rows, now } = scene;
  const { host, described, counted } = target;
  switch (liveness) {
    case 'offline': {
      const since = host.statusSince === null ? '' : ` since ${settings.timeOfDay(host.statusSince)}`;
      return [{ text: `! DAEMON OFFLINE${since} (it was stopped, or this is its last will)`, style: 'bad' }];
    }
    case 'stale': {
      const expected =
        counted === null ? '' : ` (expected every ${shortSeconds(expectedIntervalMs(host, counted))})`;
      const age = duration(now - (counted?.receivedAt ?? now));
      return [{ text: `! STALE: no message for ${age}${expected}`, style: 'warn' }];
    }
    case 'waiting':
    case 'failed': {
      const word = liveness === 'waiting' ? 'WAITING' : 'FAILED';
      return [
        {
          text: `! ${word}: ${described?.reason ?? 'the daemon gives no reason'}`,
          style: liveness === 'waiting' ? 'warn' : 'bad',
        },
      ];
    }
    case 'expected':
      return [{ text: `Waiting for the first message of ${target.label}`, style: 'accent' }];
    case 'lost':
      return [];
    case 'live':
    case 'replay': {
      const list: Notice[] = [];
      if (rows.length === 0) list.push({ text: `${target.label} is live but has no filters`, style: 'warn' });
      if (described?.backend === 'file') {
        list.push({ text: 'REPLAY of a capture file, not live traffic', style: 'accent' });
      }
      const problem = host.health?.problem;
      if (problem != null) list.push({ text: `! ${problem}`, style: 'warn' });
      return list;
    }
  }
}

function shortSeconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(2))} s`;
}
