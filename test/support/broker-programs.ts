/** Both programs as a broker meets them: what one does with a broker that fails, the other does too. */
import type { BrokerSettings, SettingNames } from '@ifcast/broker';

import { MQTT_KEYS } from '../../packages/daemon/src/config/mqtt-keys.ts';
import {
  MqttPublisher,
  type MqttPublisherTiming,
} from '../../packages/daemon/src/outputs/mqtt/mqtt-publisher.ts';
import type { Options } from '../../packages/tui/src/command-line/options.ts';
import { parseArguments } from '../../packages/tui/src/command-line/parse-arguments.ts';
import { OPTION_NAMES } from '../../packages/tui/src/connection/setting-names.ts';
import { brokerSource } from '../../packages/tui/src/connection/source.ts';
import { connectionLine } from '../../packages/tui/src/lines/plain-lines.ts';
import { describeHost, FAST_TIMING, publisherOptions, recordingLog } from './publishing.ts';

/** One of the programs, trying to reach a broker. */
export interface RunningProgram {
  /** What it has told so far: a line for each connect and each failure. */
  readonly lines: readonly string[];
  close(): Promise<void>;
}

/** A program, and what it calls the settings of the broker. */
export interface BrokerProgram {
  readonly name: 'ifcastd' | 'ifcast';
  readonly called: SettingNames;
  /** Begins to connect. */
  start(
    urls: readonly string[],
    settings?: Partial<BrokerSettings>,
    timing?: MqttPublisherTiming,
    homeAssistant?: boolean,
  ): RunningProgram;
}

export const IFCASTD: BrokerProgram = {
  name: 'ifcastd',
  called: MQTT_KEYS,
  start(urls, settings = {}, timing = FAST_TIMING, homeAssistant = false) {
    const { log, lines } = recordingLog();
    const publisher = new MqttPublisher(
      publisherOptions(urls, settings, { enabled: homeAssistant }),
      log,
      timing,
    );
    publisher.describe(describeHost());
    void publisher.start();
    return { lines, close: () => publisher.stop() };
  },
};

export const IFCAST: BrokerProgram = {
  name: 'ifcast',
  called: OPTION_NAMES,
  start(urls, settings = {}, timing = FAST_TIMING) {
    const defaults = parseArguments([], {
      env: {},
      screen: false,
      keyboard: false,
      version: '',
      print: () => {},
    });
    const options = { ...defaults!, broker: { ...defaults!.broker, ...settings, urls } } satisfies Options;
    const lines: string[] = [];
    const push = (event: Parameters<typeof connectionLine>[0]): void => {
      const line = connectionLine(event);
      if (line !== null) lines.push(line);
    };
    const source = brokerSource(options, push, timing.connection);
    void source.start();
    return {
      lines,
      close: () => {
        source.stop();
        return Promise.resolve();
      },
    };
  },
};

export const PROGRAMS: readonly BrokerProgram[] = [IFCASTD, IFCAST];
