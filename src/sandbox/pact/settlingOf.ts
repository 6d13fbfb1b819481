import type { Settling } from './jobs.ts';

/** How sends are delivered: `default` is at once on WhatsApp and later elsewhere; `async` waits to be told. */
export type DeliveryMode = 'default' | 'sync' | 'async';

/** When what is sent on such a channel is delivered. */
export function settlingOf(mode: DeliveryMode, channelType: string): Settling {
  if (mode === 'async') return 'told';
  return mode === 'sync' || channelType === 'whatsapp' ? 'at once' : 'asked twice';
}
