import { ParleyError } from '../../messaging/errors.ts';
import type { SubscriptionRequest } from '../../messaging/subscribing.ts';

/** Where, and as what, a router wants to be told of events. Neither the address nor the verifier is for logs. */
export interface CallbackAddress {
  readonly url: URL;
  readonly id: string;
  readonly verifier: string;
  /** Milliseconds; 0 for none. */
  readonly heartbeat: number;
}

/** Milliseconds, where a router does not say. */
const HEARTBEAT = 5_000;
/** Milliseconds: the longest that a timer of Node's can wait. */
const LONGEST = 2 ** 31 - 1;
const MOST_CHARACTERS = 2_048;

/**
 * What a router says of itself in a subscription. Throws `BAD_REQUEST`, or `FORBIDDEN` for a host that is not listed: whoever could
 * name any would have Parley send requests to whatever it can reach.
 *
 * @param hosts as addresses have them: `host`, at the port that is the scheme's own, or `host:port`
 * @param floor milliseconds between heartbeats, at least
 */
export function parseCallbackAddress(
  { extensions }: SubscriptionRequest,
  hosts: ReadonlySet<string>,
  floor: number,
): CallbackAddress {
  const parameters: unknown = extensions?.['subscription'];
  if (typeof parameters !== 'object' || parameters === null) throw malformed('"extensions.subscription"');
  const {
    callbackUrl,
    subscriptionId,
    verifier,
    heartbeatIntervalMs = HEARTBEAT,
  } = parameters as Record<string, unknown>;
  const url = toUrl(callbackUrl);
  if (!hosts.has(url.host)) throw new ParleyError('FORBIDDEN', STRANGE_HOST);
  if (!isText(subscriptionId)) throw malformed('"subscriptionId"');
  if (!isText(verifier)) throw malformed('"verifier"');
  if (typeof heartbeatIntervalMs !== 'number' || !(heartbeatIntervalMs >= 0))
    throw malformed('"heartbeatIntervalMs"');
  const heartbeat = heartbeatIntervalMs && Math.min(Math.max(heartbeatIntervalMs, floor), LONGEST);
  return { url, id: subscriptionId, verifier, heartbeat };
}

function toUrl(text: unknown): URL {
  const url = isText(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
    throw malformed('"callbackUrl"');
  return url;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MOST_CHARACTERS;
}

function malformed(what: string): ParleyError {
  return new ParleyError('BAD_REQUEST', `A subscription by callback has no usable ${what}.`);
}

const STRANGE_HOST =
  "Events are not sent to the host of this callback address: it is none of the router's here.";
