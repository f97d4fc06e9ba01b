/** What an alarm's limit is of. */
export type AlarmQuantity = 'bits_per_s' | 'packets_per_s' | 'link_share';

/** One `[[alarm]]` of the configuration. */
export interface AlarmRule {
  /** Id or name of a filter; `null`: the one that stands for all traffic. */
  readonly filter: string | null;
  /** Topic levels; `+` for all. */
  readonly host: string;
  readonly iface: string;
  readonly when: 'above' | 'below';
  readonly quantity: AlarmQuantity;
  /** Bits or packets per second, or a share of the link's speed: 0.8 is 80 %. */
  readonly limit: number;
  /** How long the rate must be beyond the limit. */
  readonly forMs: number;
  readonly color: 'good' | 'warn' | 'bad' | 'accent';
  /** What is said. */
  readonly text: string;
  readonly bell: boolean;
}

/** An interface that is beyond a limit. */
export interface Alarm {
  readonly rule: AlarmRule;
  /** Of the interface, as in `State.interfaces`. */
  readonly interfaceKey: string;
  /** `gw-01/eth0` */
  readonly subject: string;
  /** Since when the rate has been beyond the limit. */
  readonly since: number;
  /** That has been so for long enough. */
  readonly raised: boolean;
}

/** The rules and where they are broken. */
export interface Alarms {
  readonly rules: readonly AlarmRule[];
  /** By rule and interface. */
  readonly pending: ReadonlyMap<string, Alarm>;
}

export const NO_ALARMS: Alarms = { rules: [], pending: new Map() };

/**
 * The alarms that are raised, for the lines and colours of a screen: in the order of the configuration; of one
 * interface, or of all with `null`.
 */
export function raisedAlarms({ rules, pending }: Alarms, interfaceKey: string | null = null): Alarm[] {
  return [...pending.values()]
    .filter((alarm) => alarm.raised && (interfaceKey === null || alarm.interfaceKey === interfaceKey))
    .sort((a, b) => rules.indexOf(a.rule) - rules.indexOf(b.rule));
}
