import type { ReactElement } from 'react';

import type { Settings } from '../shown/model.ts';
import type { ReplayPosition } from '../store/event-source.ts';
import { duration } from '../text/format.ts';
import { type Line, span } from '../text/line.ts';
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

function replayBar({ position, settings, columns }: ReplayBarProps): Line {
  const { at, from, until } = position;
  const now = settings.dayAndTime(at).replace(/ \d\d:\d\d$/, ` ${settings.timeOfDay(at)}`);
  if (until === null)
    return [span(` ${now}`, 'accent'), span(`  ${duration(at - from)} after the beginning`, 'dim')];
  const end = `${settings.timeOfDay(until)}  ${duration(Math.max(0, until - at))} left`;
  const width = Math.max(4, columns - now.length - end.length - 5);
  const share = until <= from ? 1 : (at - from) / (until - from);
  return [
    span(` ${now} `, 'accent'),
    span(bar(Math.min(1, Math.max(0, share)), width, settings.glyphs), 'accent'),
    span(settings.glyphs.vertical, 'dim'),
    span(` ${end}`, 'dim'),
  ];
}
