import { isIP, type Socket } from 'node:net';

/** What an attempt to connect is waiting for: the name server, TCP, TLS, or the broker's word. */
export type Stage = 'lookup' | 'tcp' | 'tls' | 'mqtt';

/**
 * Tells how far a socket that is being connected has come.
 *
 * @param host - the name or address that it goes to
 * @param secure - TLS is spoken on it
 * @param onStage - called at once with the first stage, then at each later one
 */
export function watchStage(
  socket: Socket,
  host: string,
  secure: boolean,
  onStage: (stage: Stage) => void,
): void {
  onStage(isIP(host) === 0 ? 'lookup' : 'tcp');
  socket.once('lookup', (error: Error | null) => {
    if (error === null) onStage('tcp');
  });
  socket.once('connect', () => onStage(secure ? 'tls' : 'mqtt'));
  socket.once('secureConnect', () => onStage('mqtt'));
}
