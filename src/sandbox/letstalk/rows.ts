/** Who wrote a message (letstalk.md, "person"); most fields are nullable. Ids of clients and of agents are separate series. */
export interface LetstalkPersonRow {
  readonly id: number;
  readonly name: string | null;
  readonly internal_name: string | null;
  readonly avatar: string | null;
  /** A `User` is an agent. */
  readonly type: 'Client' | 'User';
  readonly email: string | null;
  readonly active: boolean | null;
  readonly description: string | null;
  readonly role: string | null;
  readonly availability_status_name: string | null;
  readonly status_name: string | null;
}

/** A message as a list answers it (letstalk.md); what is known of its conversation comes with it. */
export interface LetstalkMessageRow {
  readonly id: number;
  readonly subject: string | null;
  /** A text, the word `attachment`, or an actionable list as a JSON string or an object. */
  readonly content: unknown;
  readonly type: 'NORMAL' | 'SYSTEM';
  /** Like `2019-10-04T14:37:22.000+0000`. */
  readonly created_at: string;
  readonly content_type: string;
  readonly conversation_id: number;
  /** A GUID that the sender made. */
  readonly remote_id: string | null;
  /** A note between agents. */
  readonly internal: boolean;
  readonly replied_on: string | null;
  readonly conversation_type_name: string | null;
  readonly conversation_internal_issue: string | null;
  readonly client_name: string | null;
  readonly client_avatar: string | null;
  readonly conversation_status: 'Open' | 'Closed';
  readonly person_type: 'Client' | 'User' | null;
  readonly person_id: number | null;
  readonly person: LetstalkPersonRow | null;
}

/**
 * A conversation as the emulator keeps it, and as it answers a call that starts or closes one: letstalk.md does not show that
 * answer.
 */
export interface LetstalkConversationRow {
  readonly id: number;
  /** Its title. */
  readonly issue: string | null;
  readonly type_name: string | null;
  readonly status: 'Open' | 'Closed';
  /** The person who asks; only its key and the agent's reach the conversation. */
  readonly client_id: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** As its client gave it; only of one that was started over HTTP. */
  readonly organization_id?: number;
  readonly inquiry_id?: number | undefined;
}

/** A client as it reads itself (letstalk.md, `GET /clients/{id}`). */
export interface LetstalkClientRow {
  readonly id: number;
  readonly name: string;
  readonly email: string | null;
  readonly created_at: string;
  readonly avatar: string | null;
  readonly phone: string | null;
  readonly client_key_values: readonly { readonly key: string; readonly value: string }[];
}
