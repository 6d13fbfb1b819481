import type { DestinationStream, LevelWithSilent, Logger } from 'pino';
import { pino, stdTimeFunctions } from 'pino';
import { createRedact } from './redact.ts';

export interface LogOptions {
  readonly level: LevelWithSilent;
  /** What may never be written, wherever it comes from. */
  readonly secrets: readonly string[];
}

/** Lines of JSON, without secrets. */
export function createLog({ level, secrets }: LogOptions, destination: DestinationStream): Logger {
  const hooks = { streamWrite: createRedact(secrets) };
  return pino({ level, timestamp: stdTimeFunctions.isoTime, hooks }, destination);
}
