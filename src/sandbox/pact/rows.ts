/** A conversation as Pact v1 answers it (pact.md, "Conversation"). */
export interface PactConversationRow {
  readonly external_id: number;
  readonly name: string;
  readonly channel_id: number | null;
  readonly channel_type: string;
  /** ISO. */
  readonly created_at: string;
  /** Seconds since 1970. */
  readonly created_at_timestamp: number;
  /** Absolute, or a site-relative path. */
  readonly avatar: string | null;
  readonly sender_external_id: string | null;
  readonly meta: Readonly<Record<string, unknown>>;
  /** Seconds; only on newer answers, 0 or null when never. */
  readonly last_message_at?: number | null;
  /** Seconds; only on newer answers, 0 or null when never. */
  readonly last_income_message_at?: number | null;
}

/** A file inside a message: undocumented in v1, so with the fields that v2 documents, none of them certain. */
export interface PactAttachmentRow {
  readonly id?: number | null;
  readonly message_id?: number | null;
  readonly file_name?: string | null;
  readonly mime_type?: string | null;
  /** Bytes. */
  readonly size?: number | null;
  readonly attachment_url?: string | null;
  readonly preview_url?: string | null;
  readonly aspect_ratio?: number | null;
  readonly data?: { readonly width?: number; readonly height?: number } | null;
  readonly push_to_talk?: boolean | null;
}

/** A message as Pact v1 answers it (pact.md, "Message"): it names neither its sender nor its conversation. */
export interface PactMessageRow {
  readonly external_id: number;
  readonly channel_id: number | null;
  readonly channel_type: string;
  /** Null when there are only attachments. */
  readonly message: string | null;
  /** True: from the client. */
  readonly income: boolean;
  /** ISO. */
  readonly created_at: string;
  /** Seconds since 1970; the founding page does not show it. */
  readonly created_at_timestamp?: number;
  readonly attachments: readonly PactAttachmentRow[];
}
