import { ParleyError } from '../messaging/errors.ts';

/**
 * What a caller is told of anything that went wrong with Redis. Of the error itself only its code is kept: ioredis hangs the
 * command on it, with its key and value or with the password, and Redis quotes what it does not understand.
 */
export function toStoreError(thrown: unknown): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  const code = codeOf(thrown);
  return new ParleyError('STORE_UNAVAILABLE', WORDS[code] ?? unreachable(code), {
    retryable: true,
    cause: new Error(code),
  });
}

/** An error of ours, about a Redis that answers and still can't be used. */
export function storeError(message: string): ParleyError {
  return new ParleyError('STORE_UNAVAILABLE', message, { retryable: true });
}

/** What is wrong with a Redis that follows another one. */
export const REPLICA = 'Redis is a read-only replica: let the URL name the primary.';

const CREDENTIALS = "Redis refuses Parley's credentials: check the user name and the password in its URL.";
const CLUSTER =
  'Redis is a cluster, which Parley does not speak to: use a single one, with replicas if you like.';

// By the first word of what Redis answers (https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors)
// or by the code of Node.js.
const WORDS: Readonly<Record<string, string>> = {
  TIMEOUT: 'Redis does not answer in time. What it was asked for may have happened nevertheless.',
  LOADING: 'Redis is still loading its data: it will be ready by itself.',
  OOM: 'Redis is full: raise its maxmemory.',
  READONLY: REPLICA,
  MASTERDOWN: 'Redis is a replica without its primary: let the URL name the primary.',
  MISCONF: "Redis takes no writes, because it can't save them: its own log says why.",
  NOREPLICAS: 'Redis takes no writes, because too few of its replicas are there.',
  NOPERM: 'Redis does not let its user do what Parley needs: GET, SET, DEL, EVAL, EVALSHA and INFO.',
  BUSY: 'Redis is busy with a script of somebody else.',
  NOAUTH: CREDENTIALS,
  WRONGPASS: CREDENTIALS,
  MOVED: CLUSTER,
  CLUSTERDOWN: CLUSTER,
  CROSSSLOT: CLUSTER,
  ERR: 'Redis refuses what Parley asks for: it has too many clients, or is none that Parley knows.',
};

function unreachable(code: string): string {
  return `Redis can't be reached (${code}): check that it runs, and that its URL is right.`;
}

function codeOf(thrown: unknown): string {
  const { name, message = '', code } = thrown as { name?: string; message?: string; code?: unknown };
  if (/^(Command timed out|Socket timeout)/.test(message)) return 'TIMEOUT';
  // Before Redis 7 an error inside a script comes behind the script's own words.
  if (name === 'ReplyError') return /^(?:ERR .*: -)?([A-Z]+)\b/.exec(message)?.[1] ?? 'ERR';
  return typeof code === 'string' && /^[A-Z_\d]+$/.test(code) ? code : 'CLOSED';
}
