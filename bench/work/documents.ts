/** What is asked of the two graphs: the same messages, with the same of them. */

const PARLEY_MESSAGE = `fragment M on Message {
  id
  text
  sentAt
  direction
  author {
    name
  }
  attachments {
    fileName
    mimeType
    byteSize
    url
  }
}`;

const PARLEY_CONVERSATION = `fragment C on Conversation {
  id
  title
  lastActivityAt
  messages(last: 20) {
    ...P
  }
}
fragment P on MessageConnection {
  nodes {
    ...M
  }
  pageInfo {
    hasPreviousPage
  }
}
${PARLEY_MESSAGE}`;

const FIVE = [0, 1, 2, 3, 4] as const;
const TEN = [...FIVE, 5, 6, 7, 8, 9] as const;

/** The messages of one conversation. */
export function parleyMessages(last: number): string {
  return `query Messages($id: ID!) {
  conversation(id: $id) {
    id
    messages(last: ${last}) {
      nodes {
        ...M
      }
      pageInfo {
        hasPreviousPage
      }
    }
  }
}
${PARLEY_MESSAGE}`;
}

export const PARLEY_INBOX = `query Inbox($pact: ID!, $pigeons: ID!, $letstalk: ID!, ${FIVE.map((n) => `$e${n}: String!`).join(', ')}) {
  pact: account(id: $pact) {
    conversations(first: 10) {
      nodes {
        ...C
      }
    }
  }
  pigeons: account(id: $pigeons) {
    conversations(first: 10) {
      nodes {
        ...C
      }
    }
  }
  ${FIVE.map((n) => `letstalk${n}: conversationByExternalId(accountId: $letstalk, externalId: $e${n}) { ...C }`).join('\n  ')}
}
${PARLEY_CONVERSATION}`;

export const PARLEY_ENTITIES = `query Entities($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ...M
  }
}
${PARLEY_MESSAGE}`;

export const PARLEY_SEND = `mutation Send($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message {
      id
    }
    delivery {
      state
    }
    userErrors {
      code
    }
  }
}`;

export const PARLEY_UPLOAD = `mutation Upload($input: UploadAttachmentInput!) {
  uploadAttachment(input: $input) {
    attachment {
      id
    }
    userErrors {
      code
    }
  }
}`;

const MESH_PACT = `fragment PactPage on PactMessages {
  data {
    messages {
      external_id
      message
      created_at
      income
      attachments {
        file_name
        mime_type
        size
        attachment_url
      }
    }
    next_page
  }
}`;

const MESH_LETSTALK_FIELDS = `{
    id
    content
    content_type
    created_at
    type
    conversation_internal_issue
    person {
      name
      type
    }
  }`;

export const MESH_PACT_MESSAGES = `query Messages($conversation: Int!) {
  pact_messages(conversation: $conversation, per: 20) {
    ...PactPage
  }
}
${MESH_PACT}`;

export const MESH_LETSTALK_MESSAGES = `query Messages($conversation: Int!) {
  letstalk_messages(conversation: $conversation, amount: 200) ${MESH_LETSTALK_FIELDS}
}`;

export const MESH_INBOX = `query Inbox(${TEN.map((n) => `$p${n}: String!`).join(', ')}, ${FIVE.map((n) => `$e${n}: Int!`).join(', ')}) {
  pact_conversations(per: 10) {
    data {
      conversations {
        external_id
        name
        last_message_at
        messages(per: 20) {
          ...PactPage
        }
      }
    }
  }
  pigeons_conversations {
    data {
      uuid
      last_message_at
      taggable_info {
        title
      }
    }
  }
  ${TEN.map((n) => `pigeons${n}: pigeons_messages(conversation: $p${n}) { ...PigeonsPage }`).join('\n  ')}
  ${FIVE.map((n) => `letstalk${n}: letstalk_messages(conversation: $e${n}, amount: 20) ${MESH_LETSTALK_FIELDS}`).join('\n  ')}
}
fragment PigeonsPage on PigeonsMessages {
  data {
    message_id
    context {
      text
    }
    sender {
      uuid
      name
    }
    attachments {
      url
      name
      mime_type
      size
    }
    timestamps {
      sent_at
    }
  }
}
${MESH_PACT}`;

export const MESH_ENTITIES = `query Entities(${FIVE.map((n) => `$c${n}: Int!`).join(', ')}) {
  ${FIVE.map((n) => `c${n}: pact_messages(conversation: $c${n}, per: 100) { ...PactPage }`).join('\n  ')}
}
${MESH_PACT}`;

export const MESH_SEND = `mutation Send($input: LetstalkSend_Input) {
  letstalk_send(input: $input) {
    id
  }
}`;
