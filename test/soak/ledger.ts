import type { ProviderKey } from '../e2e/chaos/plan.ts';

/** A message that a client wants to have sent, and what is known of it. */
export interface Sending extends Wanted {
  state: SendingState;
  /** The provider's id of the message, once it is known. */
  messageId: string | null;
  deliveryId: string | null;
  /** Requests whose answer has not come yet. */
  underWay: number;
  /** Requests whose answer will never come. Who has lost one can't be sure that nothing was sent. */
  lost: number;
}

export interface Wanted {
  readonly provider: ProviderKey;
  readonly key: string;
  /** What no other message has: its text, or the name of its file. What has it at the provider is this one's. */
  readonly mark: string;
  readonly input: { readonly conversationId: string; readonly [field: string]: unknown };
  readonly hasFile: boolean;
}

/**
 * Not ended are `open`, `queued` (the provider has it) and `unknown`. `sent` is for good; `refused` is what nobody will ask for
 * again, after everybody was told that nothing was sent; `failed` is what the provider could not deliver.
 */
export type SendingState = 'open' | 'queued' | 'unknown' | 'sent' | 'refused' | 'failed';

/** All keys of a soak. */
export interface Ledger {
  add(wanted: Wanted): Sending;
  readonly all: readonly Sending[];
  /** Those that have not ended, oldest first. */
  pending(): Sending[];
  /** Notes that it was sent. */
  settle(sending: Sending): void;
  /** The latest that were sent, so that they can be asked for again. */
  readonly sent: readonly Sending[];
}

const KEPT = 200;

export function createLedger(): Ledger {
  const all: Sending[] = [];
  // Apart from all of them: those in question are few.
  const open = new Set<Sending>();
  const sent: Sending[] = [];
  return {
    all,
    sent,
    add(wanted) {
      const added: Sending = {
        ...wanted,
        ...{ state: 'open', messageId: null, deliveryId: null, underWay: 0, lost: 0 },
      };
      all.push(added);
      open.add(added);
      return added;
    },
    pending() {
      for (const one of open) if (!['open', 'queued', 'unknown'].includes(one.state)) open.delete(one);
      return [...open];
    },
    settle(sending) {
      sending.state = 'sent';
      sent.push(sending);
      if (sent.length > KEPT) sent.shift();
    },
  };
}
