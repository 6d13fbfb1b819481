import type { z } from 'zod';
import { timeout, wholeNumber } from './quantities.ts';

/** The environment variables that bound what the process as a whole does. */
export const loadVariables = {
  MAX_OPERATIONS: wholeNumber(1, 1_000_000).default(1_000),
  MAX_EVENT_LOOP_DELAY: timeout().default(250),
  SHUTDOWN_GRACE: timeout().default(25_000),
};

type LoadSettings = z.output<z.ZodObject<typeof loadVariables>>;

/** How much a process takes on before it refuses more. Times are milliseconds. */
export interface LoadConfig {
  /** Operations under way at once. */
  readonly maxOperations: number;
  /** By which the event loop is late, on average over a second. */
  readonly maxEventLoopDelay: number;
}

export function toLoad({ MAX_OPERATIONS, MAX_EVENT_LOOP_DELAY }: LoadSettings): LoadConfig {
  return { maxOperations: MAX_OPERATIONS, maxEventLoopDelay: MAX_EVENT_LOOP_DELAY };
}
