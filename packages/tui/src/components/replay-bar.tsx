import type { ReactElement } from 'react';

import type { Settings } from '../shown/model.ts';
import type { ReplayPosition } from '../store/event-source.ts';
import { duration } from '../text/format.ts';
import { fit, type Line, span } from '../text/line.ts';
import { bar } from '../text/sparkline.ts';
import { Row } from './row.tsx';

export interface ReplayBarProps {
  readonly position: ReplayPosition;
  readonly settings: Settings;
  readonly columns: number;
}

/** Where the recording is: ` 14:03:22 ██████           14:09:51  6m29s left`. */
export function ReplayBar(props: ReplayBarProps): ReactElement {
  return <Row line={replayBar(props)} />;
}

const MIN_BAR = 6;

function replayBar({ position, settings, columns }: ReplayBarProps): Line {
  const { at, from, until } = position;
  const time = settings.timeOfDay(at);
  const day = settings.dayAndTime(at).replace(/ \d\d:\d\d$/, '');
  if (until === null) {
    return fit([span(` ${day} ${time}`, 'accent'), span(`  ${duration(at - from)} gone`, 'dim')], columns);
  }
  const end = settings.timeOfDay(until);
  const left = `${duration(Math.max(0, until - at))} left`;
  const texts = [
    [`${day} ${time}`, `${end}  ${left}`],
    [time, `${end}  ${left}`],
    [time, left],
  ] as const;
  const room = ([start, rest]: (typeof texts)[number]): number => columns - start.length - rest.length - 5;
  const [start, rest] = texts.find((text) => room(text) >= MIN_BAR) ?? texts[2];
  const share = until <= from ? 1 : (at - from) / (until - from);
  return [
    span(` ${start} `, 'accent'),
    span(bar(Math.min(1, Math.max(0, share)), Math.max(1, room([start, rest])), settings.glyphs), 'accent'),
    span(settings.glyphs.vertical, 'dim'),
    span(` ${rest}`, 'dim'),
  ];
}
