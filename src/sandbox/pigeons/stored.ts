import type { PigeonsPlatform } from './platform.ts';
import type { PigeonsMessageRow } from './rows.ts';

/**
 * What clients wrote to Pigeons over HTTP since the seed and the emulator still holds, each list oldest first. Reading and
 * reacting change messages and make none: they are to be seen in `messages()` and in the provider's own answers.
 */
export interface PigeonsStored {
  /** UUIDs of the conversations that were begun; none for a start that was answered with an existing one. */
  readonly conversations: readonly string[];
  readonly messages: readonly {
    readonly conversationId: string;
    readonly id: string;
    readonly text: string | null;
    /** How many. */
    readonly attachments: number;
    readonly metadata: PigeonsMessageRow['metadata'];
  }[];
}

/** Sums up what was written to a platform. */
export function storedAtPigeons({ state, written }: PigeonsPlatform): PigeonsStored {
  const messages = written.messages(
    (conversationId) => state.messages(conversationId),
    (row) => row.id,
  );
  return {
    conversations: written.conversations(),
    messages: messages.map(([conversationId, { id, context, attachments, metadata }]) => ({
      ...{ conversationId, id, text: context.text },
      ...{ attachments: attachments?.length ?? 0, metadata },
    })),
  };
}
