import type { Link, ProgramHook } from '@ifcast/filter';
import type { HookName } from '@ifcast/protocol';

import { DaemonError } from '../../base/daemon-error.ts';
import type { Attachment } from './attachment.ts';
import { SocketAttachment } from './socket-attachment.ts';
import { TcxAttachment } from './tcx-attachment.ts';
import { XdpAttachment } from './xdp-attachment.ts';

/** What an interface is to a hook. */
export interface AttachmentPoint {
  readonly iface: string;
  readonly hook: HookName;
  readonly link: Link;
  readonly linkType: string;
  /** What is sent comes in again. */
  readonly loopback: boolean;
}

/**
 * The programs that a hook takes.
 *
 * @throws {@link DaemonError} `unavailable` for a link type that the hook does not show as libpcap does
 */
export function programHooks({
  iface,
  hook,
  link,
  linkType,
  loopback,
}: AttachmentPoint): readonly ProgramHook[] {
  const fits = hook === 'socket' || link === 'ethernet' || (hook === 'tcx' && link === 'none');
  if (!fits) {
    throw new DaemonError(
      'unavailable',
      `hook = "${hook}" cannot count ${iface}, whose link type is ${linkType}: use hook = "socket"`,
    );
  }
  if (hook !== 'tcx') return [hook];
  return loopback ? ['tcxIngress'] : ['tcxIngress', 'tcxEgress'];
}

/** @param programFds - file descriptors, for {@link programHooks} */
export function createAttachment(point: AttachmentPoint, programFds: readonly number[]): Attachment {
  switch (point.hook) {
    case 'socket':
      return new SocketAttachment(programFds, point.link === 'cooked', point.loopback);
    case 'tcx':
      return new TcxAttachment(programFds);
    case 'xdp':
      return new XdpAttachment(programFds);
  }
}
