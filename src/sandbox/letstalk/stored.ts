import type { ReceivedFile } from '../core/multipart.ts';
import type { LetstalkOrganisation } from './organisation.ts';
import type { LetstalkMessageRow } from './rows.ts';

/** What clients wrote to Letstalk over HTTP since the seed and the emulator still holds, each list oldest first. */
export interface LetstalkStored {
  /** Ids of the conversations that were begun. */
  readonly conversations: readonly number[];
  /** Sends, first messages of conversations, and the `closed` of each close, whose `type` is `SYSTEM`. */
  readonly messages: readonly {
    readonly conversationId: number;
    readonly id: number;
    readonly type: LetstalkMessageRow['type'];
    readonly content: unknown;
    readonly contentType: string;
    readonly remoteId: string | null;
    /** Without its bytes; null for what is no file message. */
    readonly file: Omit<ReceivedFile, 'field' | 'head'> | null;
  }[];
}

/** Sums up what was written to an organisation. */
export function storedAtLetstalk({ state, files, written }: LetstalkOrganisation): LetstalkStored {
  const messages = written.messages(
    (conversationId) => state.messages(conversationId),
    (row) => row.id,
  );
  return {
    conversations: written.conversations(),
    messages: messages.map(([conversationId, { id, type, content, content_type, remote_id }]) => ({
      ...{ conversationId, id, type, content, contentType: content_type, remoteId: remote_id },
      file: withoutBytes(files.get(id)),
    })),
  };
}

function withoutBytes(file: ReceivedFile | undefined): Omit<ReceivedFile, 'field' | 'head'> | null {
  if (!file) return null;
  const { fileName, mimeType, byteSize, sha256 } = file;
  return { fileName, mimeType, byteSize, sha256 };
}
