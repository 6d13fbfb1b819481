import type { AdapterOptions } from '../../src/http/adapterOptions.ts';
import type { Provider } from '../../src/messaging/provider.ts';

/** An adapter that reads webhooks, and what it has told of them. */
export interface WebhookReader {
  readonly provider: Provider;
  /** What could not be read, as `call count`. */
  readonly lost: string[];
  /** How many answers were of no use as a whole. */
  readonly breaches: () => number;
}

/** An adapter of Pact that makes no call. */
export function openWebhookReader(
  create: (options: AdapterOptions & { readonly webhooks: boolean }) => Provider,
  { webhooks }: { readonly webhooks: boolean },
): WebhookReader {
  const lost: string[] = [];
  let breaches = 0;
  const provider = create({
    ...{ accountId: 'sales', baseUrl: 'https://api.pact.im', webhooks },
    http: () => Promise.reject(new Error('a webhook makes no call')),
    lost: (call, count) => void lost.push(`${call} ${count}`),
    breached: () => (breaches += 1),
  });
  return { provider, lost, breaches: () => breaches };
}
