import { isIP } from 'node:net';
import type { CommonRedisOptions } from 'ioredis';
import type { RedisTls } from './redisTarget.ts';

/** Milliseconds for TCP and TLS. */
export const CONNECT_TIMEOUT = 2_000;
/** Milliseconds that an end which is not answered waits before the connection is cut. */
const END_TIMEOUT = 250;
/** Milliseconds between two tries to connect. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

/** What every connection to a Redis has in common: a command is sent once, or fails in time. */
export function redisOptions(commandTimeout: number) {
  return {
    connectionName: 'parley',
    connectTimeout: CONNECT_TIMEOUT,
    disconnectTimeout: END_TIMEOUT,
    commandTimeout,
    // A connection that says nothing while it should is made anew. Later than a command is given up, so that what a slow Redis
    // was asked for stays in order.
    socketTimeout: 2 * commandTimeout,
    // A create that is repeated after it was done would find itself, and take itself for somebody else.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // A Redis that is loading refuses commands by itself, and takes them as soon as it has loaded.
    enableReadyCheck: false,
  } satisfies CommonRedisOptions & { disconnectTimeout: number };
}

/** Milliseconds before a connection is tried again; `times` is 1 after the first try. */
export function pauseBefore(times: number): number {
  return Math.min(FIRST_PAUSE * 2 ** (times - 1), LONGEST_PAUSE) + Math.random() * FIRST_PAUSE;
}

/** TLS as Node.js takes it, for connections to `host`, where that is one. */
export function tlsOptions({ ca, cert, key, servername }: RedisTls, host?: string) {
  // Who stands in front of many can only tell them apart by the name, which Node.js does not send by itself.
  const name =
    servername ?? (host !== undefined && isIP(host.replace(/^\[|\]$/g, '')) === 0 ? host : undefined);
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(name !== undefined && { servername: name }),
  };
}
