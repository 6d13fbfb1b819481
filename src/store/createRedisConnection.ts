import type { EventEmitter } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { ParleyError } from '../messaging/errors.ts';
import { connectCluster } from './connectCluster.ts';
import { connectNode } from './connectNode.ts';
import { createGate } from './createGate.ts';
import { isVague, storeError, toStoreError } from './errors.ts';
import type { RedisLink } from './redisLink.ts';
import { CONNECT_TIMEOUT } from './redisOptions.ts';
import type { RedisTarget } from './redisTarget.ts';

/** A link that is made again whenever it is lost. */
export interface RedisConnection extends RedisLink {
  /**
   * Waits for the connection that is being made. Throws at once while the last try to make one failed, since nobody knows how
   * long that will last.
   */
  whenReady(): Promise<void>;
  /** Lets commands that are under way end. */
  close(): Promise<void>;
}

export interface RedisConnectionOptions {
  readonly target: RedisTarget;
  /** Milliseconds. */
  readonly commandTimeout: number;
  /** Told when there is a connection. */
  readonly opened: () => void;
  /** Told when the connection is gone, or leads to somebody else. */
  readonly lost: () => void;
  /** Told why there is no connection, again with each try. */
  readonly report: (error: ParleyError) => void;
}

/** Milliseconds after which closing is over, whatever is still open. */
const CLOSE_TIMEOUT = 2 * CONNECT_TIMEOUT;

/** Neither throws nor waits when Redis is down. Throws for a URL that is malformed. */
export function createRedisConnection(options: RedisConnectionOptions): RedisConnection {
  let problem: ParleyError | undefined;
  const link = connect(options, note);
  const { client } = link;
  const events: EventEmitter = client;
  let gate = createGate();
  let isOpen = false;
  let closing: Promise<void> | undefined;

  // Without a listener ioredis would write the error, with what was sent, to the console.
  events.on('error', (thrown: unknown) => {
    const found = note(isRefusedDatabase(thrown) ? NO_DATABASE : thrown);
    if (!closing) options.report(found);
    // It asks them again without an end, and there is no connection to be closed meanwhile.
    if (isOfSentinels(thrown)) settle(found);
  });
  events.on('ready', () => {
    // To ioredis a connection whose SELECT was refused is ready: for another database.
    if (problem !== NO_DATABASE) {
      isOpen = true;
      problem = undefined;
    }
    settle(problem);
    if (isOpen) options.opened();
  });
  events.on('close', () => {
    options.lost();
    // The first try after a connection was lost is waited for, so that a short break is not even noticed.
    if (isOpen) gate = createGate();
    else settle(problem ?? toStoreError(new Error()));
    isOpen = false;
    if (problem === NO_DATABASE) problem = undefined;
  });
  events.on('end', () => {
    settle(problem ?? CLOSED);
  });

  return {
    ...link,
    whenReady: () => gate.passed,
    close: () => (closing ??= close()),
  };

  function note(thrown: unknown): ParleyError {
    const error = toStoreError(thrown);
    // Of a cluster, one node has said more than that none of them could be reached.
    problem = problem && isVague(error) ? problem : error;
    return problem;
  }

  function settle(error?: ParleyError): void {
    gate.settle(error);
    gate = createGate();
    gate.settle(closing ? CLOSED : error);
  }

  async function close(): Promise<void> {
    gate = createGate();
    gate.settle(CLOSED);
    if (client.status === 'ready') await client.quit().catch(() => undefined);
    if (client.status === 'end') return;
    const isUnderWay = client.status !== 'reconnecting';
    const ended = new Promise((resolve) => events.once('end', resolve));
    client.disconnect();
    // A sentinel that does not answer may be waited for.
    if (isUnderWay) await Promise.race([ended, wait(CLOSE_TIMEOUT, undefined, { ref: false })]);
  }
}

const NO_DATABASE = storeError('Redis has no database with the number that is configured.');
const CLOSED = storeError('The connection to Redis is closed: Parley is stopping.');

function connect(
  { target, commandTimeout, lost }: RedisConnectionOptions,
  failed: (thrown: unknown) => void,
): RedisLink {
  return target.kind === 'cluster'
    ? connectCluster(target, commandTimeout, { changed: lost, failed })
    : connectNode(target, commandTimeout);
}

function isRefusedDatabase(thrown: unknown): boolean {
  return (thrown as { command?: { name?: string } }).command?.name === 'select';
}

function isOfSentinels(thrown: unknown): boolean {
  return (thrown as Error).message.startsWith(NO_SENTINEL);
}

/** How ioredis begins to say that it has asked all sentinels in vain. */
const NO_SENTINEL = 'All sentinels are unreachable';
