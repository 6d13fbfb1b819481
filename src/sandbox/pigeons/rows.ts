/** PHP writes an empty object as `[]` (pigeons.md). */
export type EmptyAsArray = readonly [];

/** Somebody with a token; what the token sees is what that user may see. */
export interface PigeonsUser {
  readonly uuid: string;
  readonly name: string;
  readonly email: string;
  readonly avatar: string | null;
  /** Goes into `Authorization: Bearer`. */
  readonly token: string;
}

/** Author or receiver of a message (pigeons.md, "Message"). */
export interface PigeonsPersonRow {
  readonly uuid: string;
  readonly name: string | null;
  readonly avatar: string | null;
}

/** Somebody in a conversation. Right after creation only `uuid`, `name` and `email` are there. */
export interface PigeonsParticipantRow {
  readonly uuid: string;
  readonly name: string;
  readonly email: string | null;
  readonly avatar?: string | null;
  readonly avatar_url?: string | null;
  readonly pivot?: {
    readonly unread_count: number;
    readonly last_read_at: string | null;
    readonly joined_at: string | null;
  };
}

/** A conversation (pigeons.md, "Conversation"); the list answers it with participants, the messages answer without. */
export interface PigeonsConversationRow {
  readonly uuid: string;
  readonly taggable_type: string | null;
  readonly taggable_id?: number | null;
  /** Null when new. */
  readonly last_message_text: string | null;
  /** ISO with offset; null when new. */
  readonly last_message_at: string | null;
  readonly is_archived: boolean;
  readonly created_at: string;
  readonly updated_at: string;
  readonly taggable_info?: { readonly id: number; readonly title: string } | EmptyAsArray | null;
  readonly participants: readonly PigeonsParticipantRow[];
}

/** A reaction inside a message. */
export interface PigeonsReactionRow {
  readonly user_uuid: string;
  readonly emoji: string;
  readonly created_at: string;
}

/** A message (pigeons.md, "Message"); `id` and `message_id` are the same. Nulls are possible anywhere. */
export interface PigeonsMessageRow {
  readonly message_id: string;
  readonly id: string;
  readonly conversation_uuid: string;
  readonly sender: PigeonsPersonRow | null;
  readonly receiver: PigeonsPersonRow | null;
  readonly context: {
    readonly text: string | null;
    readonly type: 'text' | 'image' | 'file' | 'audio' | 'video';
  };
  /** Of free structure. */
  readonly attachments: readonly unknown[] | null;
  readonly metadata: Readonly<Record<string, unknown>> | EmptyAsArray | null;
  readonly reactions: readonly PigeonsReactionRow[] | null;
  readonly status: { readonly sent: boolean; readonly delivered: boolean; readonly read: boolean };
  /** ISO with offset. */
  readonly timestamps: {
    readonly sent_at: string;
    readonly delivered_at?: string | null;
    readonly read_at?: string | null;
  };
  readonly pbk: string;
  readonly device: Readonly<Record<string, string>> | EmptyAsArray | null;
}
