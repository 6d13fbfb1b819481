import { Redis } from 'ioredis';
import type { ParleyError } from '../messaging/errors.ts';
import { createGate } from './createGate.ts';
import { storeError, toStoreError } from './errors.ts';

/** One connection that is made again whenever it is lost. */
export interface RedisConnection {
  /** Sends a command once, or fails: it never waits for a connection, and never sends again. */
  readonly redis: Redis;
  /**
   * Waits for the connection that is being made. Throws at once while the last try to make one failed, since nobody knows how
   * long that will last.
   */
  whenReady(): Promise<void>;
  /** Lets commands that are under way end. */
  close(): Promise<void>;
}

export interface RedisConnectionOptions {
  readonly url: string;
  /** Milliseconds. */
  readonly commandTimeout: number;
  /** Told when the connection is gone. */
  readonly lost: () => void;
  /** Told why there is no connection: each reason once until there is one again. */
  readonly report: (error: ParleyError) => void;
}

/** Milliseconds for TCP and TLS. */
const CONNECT_TIMEOUT = 2_000;
/** Milliseconds between two tries to connect. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;
/** Milliseconds that an end which is not answered waits before the connection is cut. */
const END_TIMEOUT = 250;

/** Neither throws nor waits when Redis is down. Throws for a URL that is malformed. */
export function createRedisConnection(options: RedisConnectionOptions): RedisConnection {
  const redis = connect(options);
  let gate = createGate();
  let isOpen = false;
  let problem: ParleyError | undefined;
  let closing: Promise<void> | undefined;

  // Without a listener ioredis would write the error, with what was sent, to the console.
  redis.on('error', (thrown: unknown) => {
    const error = toStoreError(isRefusedDatabase(thrown) ? NO_DATABASE : thrown);
    if (error.message !== problem?.message && !closing) options.report(error);
    problem = error;
  });
  redis.on('ready', () => {
    // To ioredis a connection whose SELECT was refused is ready: for another database.
    if (problem !== NO_DATABASE) {
      isOpen = true;
      problem = undefined;
    }
    settle(problem);
  });
  redis.on('close', () => {
    options.lost();
    // The first try after a connection was lost is waited for, so that a short break is not even noticed.
    if (isOpen) gate = createGate();
    else settle(problem ?? toStoreError(new Error()));
    isOpen = false;
    if (problem === NO_DATABASE) problem = undefined;
  });
  redis.on('end', () => {
    settle(problem ?? CLOSED);
  });

  return {
    redis,
    whenReady: () => gate.passed,
    close: () => (closing ??= close()),
  };

  function settle(error?: ParleyError): void {
    gate.settle(error);
    gate = createGate();
    gate.settle(closing ? CLOSED : error);
  }

  async function close(): Promise<void> {
    gate = createGate();
    gate.settle(CLOSED);
    if (redis.status === 'ready') await redis.quit().catch(() => undefined);
    if (redis.status === 'end') return;
    const isUnderWay = redis.status !== 'reconnecting';
    const ended = new Promise((resolve) => redis.once('end', resolve));
    redis.disconnect();
    if (isUnderWay) await ended;
  }
}

const NO_DATABASE = storeError('Redis has no database with the number that its URL names.');
const CLOSED = storeError('The connection to Redis is closed: Parley is stopping.');

function connect({ url, commandTimeout }: RedisConnectionOptions): Redis {
  // The error of who parses it quotes it, with the password.
  if (!URL.canParse(url)) throw new Error("The URL of Redis is malformed: it can't be shown here.");
  return new Redis(url, {
    connectionName: 'parley',
    connectTimeout: CONNECT_TIMEOUT,
    disconnectTimeout: END_TIMEOUT,
    commandTimeout,
    // A connection that says nothing while it should is made anew. Later than a command is given up, so that what a slow Redis
    // was asked for stays in order.
    socketTimeout: 2 * commandTimeout,
    retryStrategy: (times) =>
      Math.min(FIRST_PAUSE * 2 ** (times - 1), LONGEST_PAUSE) + Math.random() * FIRST_PAUSE,
    // A create that is repeated after it was done would find itself, and take itself for somebody else.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    // After a failover the same name leads to the new primary. The command itself fails.
    reconnectOnError: ({ message }) => message.includes('READONLY '),
    // A Redis that is loading refuses commands by itself, and takes them as soon as it has loaded.
    enableReadyCheck: false,
  });
}

function isRefusedDatabase(thrown: unknown): boolean {
  return (thrown as { command?: { name?: string } }).command?.name === 'select';
}
