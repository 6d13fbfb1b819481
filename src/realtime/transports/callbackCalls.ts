import type { Agent } from 'undici';
import type { FormattedError, SubscriptionResult } from '../../messaging/subscribing.ts';
import type { CallbackAddress } from './callbackUrl.ts';

/** What is said to a router. */
export type Call =
  | { readonly action: 'check' }
  | { readonly action: 'next'; readonly payload: SubscriptionResult }
  | { readonly action: 'complete'; readonly errors?: readonly FormattedError[] };

/** What became of it: `over` where the router does not know the subscription any more, or will not hear of it. */
export type Outcome = 'heard' | 'over' | 'unheard';

/** Says something to the router of a subscription, once. Never throws. */
export type Say = (address: CallbackAddress, call: Call, signal: AbortSignal) => Promise<Outcome>;

export const PROTOCOL_HEADER = 'subscription-protocol';
export const PROTOCOL = 'callback/1.0';

const MOST_BYTES = 64 * 1024;

/**
 * By undici's own request, which follows no redirect, and looks at no proxy.
 *
 * @param deadline milliseconds
 */
export function createSay(agent: Agent, deadline: number): Say {
  return async ({ url, id, verifier }, call, signal) => {
    const over = new AbortController();
    const end = () => over.abort();
    const timer = setTimeout(end, deadline);
    signal.addEventListener('abort', end);
    try {
      if (signal.aborted) return 'unheard';
      const answer = await agent.request({
        ...{ origin: url.origin, path: url.pathname + url.search, method: 'POST' },
        headers: { 'content-type': 'application/json', [PROTOCOL_HEADER]: PROTOCOL },
        body: JSON.stringify({ kind: 'subscription', ...call, id, verifier }),
        signal: over.signal,
      });
      // What it says besides, nobody reads.
      await answer.body.dump({ limit: MOST_BYTES });
      return outcomeOf(call, answer.statusCode, answer.headers[PROTOCOL_HEADER]);
    } catch {
      return 'unheard';
    } finally {
      signal.removeEventListener('abort', end);
      clearTimeout(timer);
    }
  };
}

/** A check is answered with 204 and the protocol's name: any other server might say "fine" to a request that it does not know. */
function outcomeOf({ action }: Call, status: number, protocol: unknown): Outcome {
  if (status >= 500 || status === 408 || status === 429) return 'unheard';
  if (action === 'check') return status === 204 && protocol === PROTOCOL ? 'heard' : 'over';
  return status >= 200 && status < 300 ? 'heard' : 'over';
}
