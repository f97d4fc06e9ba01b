import type { DashboardEvent } from './events.ts';

/** What `--host` asks for: topic levels, `+` for all. */
export interface Selection {
  readonly onlyHost: string;
  readonly onlyInterface: string;
}

/**
 * The part of an event that is about the chosen host and interface: `info` of a host names the chosen interface alone, so
 * that what is shown, printed and recorded is as if there were no other.
 *
 * @returns `null` where nothing of it is
 */
export function selected(
  event: DashboardEvent,
  { onlyHost, onlyInterface }: Selection,
): DashboardEvent | null {
  if ('host' in event && onlyHost !== '+' && event.host !== onlyHost) return null;
  if (onlyInterface === '+') return event;
  switch (event.type) {
    case 'stats':
      return event.iface === onlyInterface ? event : null;
    case 'info': {
      const interfaces = event.info.interfaces.filter(({ topic }) => topic === onlyInterface);
      return { ...event, info: { ...event.info, interfaces } };
    }
    default:
      return event;
  }
}
