import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { OperationReport } from '../graph/operationReport.ts';

/** Writes one line for an operation. Nothing of what a caller wrote is in it but the operation's name. */
export function logOperation(log: Logger, report: OperationReport): void {
  if (!log.isLevelEnabled('info')) return;
  const { name, type, outcome, viewerId, cost, upstreamCalls, duration, codes, traceId } = report;
  log.info(
    {
      operation: name?.slice(0, MAX_NAME_LENGTH),
      type,
      outcome,
      viewer: hashOf(viewerId),
      cost,
      upstreamCalls,
      milliseconds: Math.round(duration * 1_000),
      codes: codes.slice(0, MAX_CODES),
      traceId,
    },
    'operation',
  );
}

/** Viewers come back. */
const hashes = new LRUCache<string, string>({ max: 1_000 });

function hashOf(viewerId: string): string {
  const known = hashes.get(viewerId);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(viewerId).digest('hex').slice(0, HASH_LENGTH);
  hashes.set(viewerId, hash);
  return hash;
}

const MAX_NAME_LENGTH = 100;
const MAX_CODES = 20;
/** Hexadecimal digits: enough to tell viewers apart. */
const HASH_LENGTH = 16;
