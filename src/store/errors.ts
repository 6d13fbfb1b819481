import { ParleyError } from '../messaging/errors.ts';

/**
 * What a caller is told of anything that went wrong with Redis. Of the error itself only its code is kept: ioredis hangs the
 * command on it, with its key and value or with the password, and Redis quotes what it does not understand.
 */
export function toStoreError(thrown: unknown): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  const code = codeOf(thrown);
  return new ParleyError('STORE_UNAVAILABLE', wordsFor(code), {
    retryable: true,
    cause: new Error(code),
  });
}

/** An error of ours, about a Redis that answers and still can't be used. */
export function storeError(message: string): ParleyError {
  return new ParleyError('STORE_UNAVAILABLE', message, { retryable: true });
}

/** Whether an error says no more than that there is no connection. */
export function isVague({ cause }: ParleyError): boolean {
  return (cause as Error | undefined)?.message === VAGUE;
}

/** What is wrong with a Redis that follows another one. */
export const REPLICA = "Redis is a read-only replica: let Parley's settings name the primary.";

/** What is wrong with a cluster that is not whole. */
export const CLUSTER_DOWN =
  'The cluster does not serve all keys: a primary is gone, or slots belong to nobody. It may be ready by itself.';

const CREDENTIALS = "Redis refuses Parley's credentials: check the user name and the password.";
/** What is wrong with one node of a cluster that is taken for all there is. */
export const CLUSTER = 'Redis is a cluster: name some of its nodes in REDIS_CLUSTER, instead of REDIS_URL.';
const CERTIFICATE =
  "Redis shows a certificate that Parley does not trust: check REDIS_TLS_CA, and that it is for the host's name (REDIS_TLS_SERVERNAME)";
const NO_TLS = 'TLS does not come about with Redis: check that it speaks TLS on that port';
const OWN_CERTIFICATE = "Redis does not take Parley's certificate: check REDIS_TLS_CERT and REDIS_TLS_KEY";

/** The code of errors that have none. */
const VAGUE = 'CLOSED';

// By the first word of what Redis answers (https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors),
// by the code of Node.js, or by one of our own.
const WORDS: Readonly<Record<string, string>> = {
  TIMEOUT: 'Redis does not answer in time. What it was asked for may have happened nevertheless.',
  LOADING: 'Redis is still loading its data: it will be ready by itself.',
  OOM: 'Redis is full: raise its maxmemory.',
  READONLY: REPLICA,
  MASTERDOWN: "Redis is a replica without its primary: let Parley's settings name the primary.",
  MISCONF: "Redis takes no writes, because it can't save them: its own log says why.",
  NOREPLICAS: 'Redis takes no writes, because too few of its replicas are there.',
  NOPERM:
    'Redis does not let its user do what Parley needs: GET, SET, DEL, EVAL, EVALSHA, INFO and TIME, and CLUSTER in a cluster.',
  BUSY: 'Redis is busy with a script of somebody else.',
  NOAUTH: CREDENTIALS,
  WRONGPASS: CREDENTIALS,
  MOVED: CLUSTER,
  ASK: CLUSTER,
  CROSSSLOT: CLUSTER,
  CLUSTERDOWN: CLUSTER_DOWN,
  REDIRECTIONS: 'The cluster is being changed, and sends Parley to and fro: it will be ready by itself.',
  NO_CLUSTER: 'Redis is no cluster: name it in REDIS_URL, instead of REDIS_CLUSTER.',
  SENTINELS:
    'No sentinel tells where the primary is: check that they run, their addresses, their password, and REDIS_SENTINEL_NAME.',
  ERR: 'Redis refuses what Parley asks for: it has too many clients, or is none that Parley knows.',
};

function wordsFor(code: string): string {
  const words = WORDS[code];
  if (words !== undefined) return words;
  // The names are those of OpenSSL (https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/) and of Node.js.
  if (/^ERR_SSL_\w*ALERT\w*CERT/.test(code)) return `${OWN_CERTIFICATE} (${code}).`;
  if (/CERT|^UNABLE_TO_|^INVALID_CA$|^HOSTNAME_MISMATCH$/.test(code)) return `${CERTIFICATE} (${code}).`;
  if (/^ERR_SSL_|^EPROTO$/.test(code)) return `${NO_TLS} (${code}).`;
  return `Redis can't be reached (${code}): check that it runs, and that its address is right.`;
}

function codeOf(thrown: unknown): string {
  const { name, message = '', code, lastNodeError } = thrown as Partial<Thrown>;
  // Of a cluster none of whose nodes has told of the others.
  if (lastNodeError) return codeOf(lastNodeError);
  const own = OWN_CODES.find(([pattern]) => pattern.test(message));
  if (own) return own[1];
  // Before Redis 7 an error inside a script comes behind the script's own words.
  if (name === 'ReplyError') return /^(?:ERR .*: -)?([A-Z]+)\b/.exec(message)?.[1] ?? 'ERR';
  return typeof code === 'string' && /^[A-Z_\d]+$/.test(code) ? code : VAGUE;
}

interface Thrown {
  readonly name: string;
  readonly message: string;
  readonly code: unknown;
  readonly lastNodeError: unknown;
}

/** Errors that are known by their words alone. */
const OWN_CODES: readonly (readonly [RegExp, string])[] = [
  [/^(Command timed out|Socket timeout)/, 'TIMEOUT'],
  [/^Too many Cluster redirections/, 'REDIRECTIONS'],
  [/^All sentinels are unreachable/, 'SENTINELS'],
  [/cluster support disabled/, 'NO_CLUSTER'],
];
