import { isIP, connect as netConnect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';

import type { IClientOptions } from 'mqtt';

import type { BrokerAddress } from './broker-url.ts';
import type { ConnectionOptions } from './connection.ts';
import { MAX_PACKET_BYTES } from './packet-guard.ts';

/**
 * A frame of a websocket is collected before it can be looked at: beyond so many bytes the connection is given up.
 * Therefore the broker is asked to send nothing long, which MQTT 5 has a word for.
 */
const MAX_WEBSOCKET_FRAME_BYTES = 16 * MAX_PACKET_BYTES;

/** Whether TLS is spoken. */
export function isSecure({ protocol }: BrokerAddress): boolean {
  return protocol === 'mqtts' || protocol === 'wss';
}

/**
 * What MQTT.js is told for one connection.
 *
 * @param onSocket - takes the socket under a websocket, which the client hides
 */
export function clientOptions(
  options: ConnectionOptions,
  onSocket: (socket: Socket) => void,
): IClientOptions {
  const { address, version, clientId, tls, servername, keepaliveS, connectTimeoutMs, will } = options;
  const { protocol, host, port, path } = address;
  const secure = isSecure(address);
  const websocket = protocol === 'ws' || protocol === 'wss';
  const username = address.username ?? options.username;
  const password = address.password ?? options.password;
  return {
    protocol,
    // A websocket's host goes into a URL.
    hostname: websocket && host.includes(':') ? `[${host}]` : host,
    port,
    ...(websocket && {
      path,
      wsOptions: {
        maxPayload: MAX_WEBSOCKET_FRAME_BYTES,
        createConnection: (asked: object) => {
          // Its `path` is that of the URL; to a socket it would be one of the file system.
          const to = { ...asked, host, port, path: undefined };
          const name = servername ?? (isIP(host) === 0 ? host : '');
          const socket = secure ? tlsConnect({ ...to, servername: name }) : netConnect(to);
          onSocket(socket);
          return socket;
        },
        ...(secure && servername !== null && { servername }),
      },
    }),
    protocolVersion: version,
    clientId,
    clean: true,
    keepalive: keepaliveS,
    connectTimeout: connectTimeoutMs,
    // Whoever owns the connection makes every attempt, with a new client each time.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // Its cache of all 65,536 numbers costs more memory and time than it saves here.
    writeCache: false,
    ...(username !== null && { username }),
    ...(password !== null && { password }),
    // Not elsewhere: what the broker left out could not be told.
    ...(version === 5 && websocket && { properties: { maximumPacketSize: MAX_PACKET_BYTES } }),
    ...(will !== null && {
      will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1 as const, retain: will.retain },
    }),
    // With a certificate the client would turn mqtt:// into mqtts:// unasked.
    ...(secure && { ...tls, ...(servername !== null && { servername }), rejectUnauthorized: true }),
  };
}
