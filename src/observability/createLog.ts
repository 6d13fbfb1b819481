import type { DestinationStream, LevelWithSilent, Logger } from 'pino';
import { pino, stdTimeFunctions } from 'pino';
import { createRedact, REDACTED } from './redact.ts';

export interface LogOptions {
  readonly level: LevelWithSilent;
  /** What may never be written, wherever it comes from. */
  readonly secrets: readonly string[];
}

/** JSON lines. What is secret is taken out twice: by the names that it usually has, and out of every line by what it looks like. */
export function createLog({ level, secrets }: LogOptions, destination: DestinationStream): Logger {
  const redact = createRedact(secrets);
  const options = {
    level,
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: SECRET_NAMES.flatMap(pathsOf), censor: REDACTED },
  };
  return pino(options, { write: (line) => destination.write(redact(line)) });
}

/** Names as pino's paths write them. */
const SECRET_NAMES = [
  ...['authorization', 'cookie', 'password', 'secret', 'token', 'apiKey', 'phone'],
  ...['["set-cookie"]', '["x-api-key"]', '["x-private-api-token"]', '["x-public-key"]'],
];

/** A name at the top, and up to two levels below. */
function pathsOf(name: string): string[] {
  const dotted = name.startsWith('[') ? name : `.${name}`;
  return [name, `*${dotted}`, `*.*${dotted}`];
}
