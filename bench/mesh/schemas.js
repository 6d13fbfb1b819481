/** What the providers answer, as their documentation has it: the types of Mesh's graph are made of these. */

const text = { type: 'string' };
const whole = { type: 'integer' };
const flag = { type: 'boolean' };
const free = { type: 'object', additionalProperties: true };
const listOf = (items) => ({ type: 'array', items });
const object = (title, properties) => ({ type: 'object', title, properties });

export const PactConversations = object('PactConversations', {
  status: text,
  data: object('PactConversationsData', {
    conversations: listOf(
      object('PactConversation', {
        external_id: whole,
        name: text,
        channel_id: whole,
        channel_type: text,
        created_at: text,
        avatar: text,
        sender_external_id: text,
        meta: free,
        last_message_at: whole,
        last_income_message_at: whole,
      }),
    ),
    next_page: text,
  }),
});

export const PactMessages = object('PactMessages', {
  status: text,
  data: object('PactMessagesData', {
    messages: listOf(
      object('PactMessage', {
        external_id: whole,
        channel_id: whole,
        channel_type: text,
        message: text,
        income: flag,
        created_at: text,
        attachments: listOf(
          object('PactAttachment', {
            id: whole,
            file_name: text,
            mime_type: text,
            size: whole,
            attachment_url: text,
            preview_url: text,
            push_to_talk: flag,
          }),
        ),
      }),
    ),
    next_page: text,
  }),
});

const letstalkPerson = object('LetstalkPerson', {
  id: whole,
  name: text,
  avatar: text,
  type: text,
  email: text,
});

export const LetstalkMessages = listOf(
  object('LetstalkMessage', {
    id: whole,
    subject: text,
    content: text,
    type: text,
    created_at: text,
    content_type: text,
    conversation_id: whole,
    remote_id: text,
    internal: flag,
    conversation_internal_issue: text,
    conversation_status: text,
    client_name: text,
    person: letstalkPerson,
  }),
);

export const LetstalkSend = object('LetstalkSend', {
  content: text,
  content_type: text,
  remote_id: text,
  conversation_id: whole,
});

export const LetstalkSent = object('LetstalkSent', {
  id: whole,
  content: text,
  content_type: text,
  created_at: text,
  conversation_id: whole,
  remote_id: text,
});

const pigeonsPerson = object('PigeonsPerson', { uuid: text, name: text, avatar: text });

export const PigeonsConversations = object('PigeonsConversations', {
  data: listOf(
    object('PigeonsConversation', {
      uuid: text,
      taggable_type: text,
      taggable_id: whole,
      last_message_text: text,
      last_message_at: text,
      is_archived: flag,
      created_at: text,
      updated_at: text,
      taggable_info: object('PigeonsTaggable', { id: whole, title: text }),
      participants: listOf(
        object('PigeonsParticipant', { uuid: text, name: text, email: text, avatar_url: text }),
      ),
    }),
  ),
});

export const PigeonsMessages = object('PigeonsMessages', {
  data: listOf(
    object('PigeonsMessage', {
      message_id: text,
      sender: pigeonsPerson,
      receiver: pigeonsPerson,
      context: object('PigeonsContext', { text, type: text }),
      attachments: listOf(
        object('PigeonsAttachment', { url: text, name: text, mime_type: text, size: whole }),
      ),
      timestamps: object('PigeonsTimestamps', { sent_at: text, delivered_at: text, read_at: text }),
    }),
  ),
});
