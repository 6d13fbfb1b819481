import { getHeapStatistics } from 'node:v8';
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance } from 'fastify';
import type { LoadConfig } from './config/load.ts';
import { ParleyError } from './messaging/errors.ts';

/** Why no more operations are taken on. */
export type ShedReason = 'event_loop' | 'heap' | 'operations' | 'stopping';

/** Whether the process can take on more: what it has begun, it ends. */
export interface Overload {
  /** Undefined while it can. */
  readonly reason: ShedReason | undefined;
  /** Throws `OVERLOADED` where it can't. Asked before anything of a request is read. */
  check(): void;
}

export interface OverloadOptions extends LoadConfig {
  /** Operations under way. */
  readonly operations: () => number;
  readonly isStopping: () => boolean;
  /** Told of each request that is turned away. */
  readonly shed: (reason: ShedReason) => void;
}

/** The part of the heap that V8 allows beyond which it collects garbage more than it works. */
const HEAP = 0.9;
/** Milliseconds by which a loop is late, at least, that was not measured once between two looks. */
const UNMEASURED = 1_000;
/** Seconds. */
const RETRY_AFTER = 1;

/** Measures from now on, until the app closes. */
export async function watchOverload(app: FastifyInstance, options: OverloadOptions): Promise<Overload> {
  const { maxOperations, maxEventLoopDelay, operations, isStopping, shed } = options;
  const maxHeapUsedBytes = HEAP * getHeapStatistics().heap_size_limit;
  // It measures; what is turned away, and in which words, is ours: health checks and files have to go on.
  await app.register(underPressure, {
    ...{ maxEventLoopDelay, maxHeapUsedBytes },
    pressureHandler: () => undefined,
  });

  return {
    get reason() {
      return findReason();
    },
    check() {
      const reason = findReason();
      if (!reason) return;
      shed(reason);
      throw new ParleyError('OVERLOADED', WORDS[reason], { retryable: true, retryAfter: RETRY_AFTER });
    },
  };

  function findReason(): ShedReason | undefined {
    if (isStopping()) return 'stopping';
    if (operations() >= maxOperations) return 'operations';
    if (!app.isUnderPressure()) return undefined;
    const { heapUsed, eventLoopDelay } = app.memoryUsage();
    if (heapUsed > maxHeapUsedBytes) return 'heap';
    // Infinite is said of a loop that was too late to be measured even once, which is no more than late.
    const isLate = Number.isFinite(eventLoopDelay) || UNMEASURED > maxEventLoopDelay;
    return isLate ? 'event_loop' : undefined;
  }
}

const BUSY = 'Parley has more to do than it can. The same request may succeed in a moment.';

const WORDS: Readonly<Record<ShedReason, string>> = {
  ...{ event_loop: BUSY, heap: BUSY, operations: BUSY },
  stopping: 'This process of Parley is stopping. Send the request again: another one will take it.',
};
