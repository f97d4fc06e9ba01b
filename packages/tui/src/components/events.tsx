import type { ReactElement } from 'react';

import type { Settings } from '../shown/model.ts';
import { JOURNAL_GRAVITY, type Journal, type JournalEntry } from '../store/journal.ts';
import { duration } from '../text/format.ts';
import { type Line, left, span } from '../text/line.ts';
import { wrapped } from '../text/wrap.ts';
import { Rows } from './rows.tsx';

export interface EventsProps {
  /** From {@link eventLines}. */
  readonly lines: readonly Line[];
  /** The first line that is seen. */
  readonly top: number;
  readonly rows: number;
}

/** What has happened, the oldest on top. */
export function Events({ lines, top, rows }: EventsProps): ReactElement {
  return <Rows lines={lines.slice(top, top + rows)} rows={rows} />;
}

const SIGNS: Readonly<Record<'good' | 'warn' | 'bad', string>> = { good: ' ', warn: '!', bad: '!' };

/** All lines of the journal: time, sign, subject and sentence, which wraps. */
export function eventLines({ entries }: Journal, settings: Settings, columns: number): Line[] {
  if (entries.length === 0) return [[], [span(' Nothing has happened yet.', 'dim')]];
  return entries.flatMap((entry) => linesOf(entry, settings, columns));
}

function linesOf(entry: JournalEntry, settings: Settings, columns: number): Line[] {
  const { at, until, kind, subject, text } = entry;
  const style = JOURNAL_GRAVITY[kind];
  const time = settings.timeOfDay(at);
  const lasting = until - at >= 1_000 ? ` (for ${duration(until - at)})` : '';
  const sentence = `${text}${lasting}`;
  const indent = 1 + time.length + 1 + 2;
  const room = columns - indent - 1;
  const subjectWidth = Math.min(Math.max(16, Math.floor(columns / 5)), 40);
  if (room < subjectWidth + 20) {
    return wrapped(`${subject}  ${sentence}`, room).map(
      (line, index): Line => [
        ...stamp(index === 0 ? time : '', time.length, SIGNS[style], style, index === 0),
        span(line, index === 0 ? style : 'plain'),
      ],
    );
  }
  return wrapped(sentence, room - subjectWidth - 1).map(
    (line, index): Line => [
      ...stamp(index === 0 ? time : '', time.length, SIGNS[style], style, index === 0),
      span(left(index === 0 ? subject : '', subjectWidth), 'title'),
      span(` ${line}`, style === 'good' ? 'plain' : style),
    ],
  );
}

function stamp(
  time: string,
  width: number,
  sign: string,
  style: 'good' | 'warn' | 'bad',
  first: boolean,
): Line {
  return [span(` ${left(time, width)} `, 'dim'), span(`${first ? sign : ' '} `, style)];
}
