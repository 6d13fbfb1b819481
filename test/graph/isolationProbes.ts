import { randomUUID } from 'node:crypto';
import type { AccountConfig } from '../../src/config/accounts.ts';
import type { DeliveryRef, UploadRef } from '../../src/messaging/ids.ts';
import { attachmentId, deliveryId, messageId, uploadId } from '../../src/messaging/ids.ts';
import { UPLOAD } from '../uploading.ts';
import type { Tenant } from './tenants.ts';
import { conversationOf, messageOf } from './tenants.ts';
import { SEND, START } from './writes.ts';

/** What somebody who may do everything has done at an account, and what they were given. */
export interface Traces {
  readonly upload: UploadRef;
  readonly delivery: DeliveryRef;
  /** Of a message in the tenant's conversation. */
  readonly messageCursor: string;
  /** Undefined where the account can't list. */
  readonly listCursor: string | undefined;
  /** Of the list of all accounts. */
  readonly mergedCursor: string;
}

/** Something to ask of an account, whether it exists or not. */
export interface Probe {
  readonly what: string;
  /** Whether whoever may read an account's messages gets its canary. */
  readonly finds?: boolean;
  readonly document: string;
  readonly variables: (tenant: Tenant, traces: Traces, accountId: string) => Record<string, unknown>;
}

const FACTS = 'accountId externalId title lastMessageText messages(last: 3) { nodes { id text } }';

/** A cursor as it would be if the account had another name. */
const renamed = (cursor: string, from: string, to: string) =>
  Buffer.from(Buffer.from(cursor, 'base64url').toString().replaceAll(from, to)).toString('base64url');

const ENTITIES = `query ($references: [_Any!]!) { _entities(representations: $references) {
  __typename
  ... on Account { id name conversations(first: 3) { nodes { title } } }
  ... on Conversation { ${FACTS} }
  ... on Message { text accountId conversation { title } }
  ... on Attachment { id fileName url }
} }`;
const KEYS = `query ($references: [_Any!]!) { _entities(representations: $references) {
  ... on Account { id } ... on Conversation { id externalId } ... on Message { id externalId } ... on Attachment { id }
} }`;

/** Every way to read. */
export const reads: readonly Probe[] = [
  {
    what: 'a conversation by its id',
    finds: true,
    document: `query ($id: ID!) { conversation(id: $id) { ${FACTS} } }`,
    variables: (tenant, _traces, accountId) => ({ id: conversationOf(tenant, accountId) }),
  },
  {
    what: 'a conversation of which nothing but the key is asked',
    document: 'query ($id: ID!) { conversation(id: $id) { id accountId } }',
    variables: (tenant, _traces, accountId) => ({ id: conversationOf(tenant, accountId) }),
  },
  {
    what: "a conversation by the provider's id",
    finds: true,
    document: `query ($accountId: ID!, $externalId: String!) {
      conversationByExternalId(accountId: $accountId, externalId: $externalId) { ${FACTS} account { name } }
    }`,
    variables: ({ conversation }, _traces, accountId) => ({ accountId, externalId: conversation }),
  },
  {
    what: 'a message',
    finds: true,
    document: `query ($id: ID!) { message(id: $id) { text attachments { url } replyTo { text } conversation { title } } }`,
    variables: (tenant, _traces, accountId) => ({ id: messageId(messageOf(tenant, accountId)) }),
  },
  {
    what: 'an attachment of a message',
    document: 'query ($id: ID!) { attachment(id: $id) { id fileName url } }',
    variables: (tenant, _traces, accountId) => ({
      id: attachmentId({ message: messageOf(tenant, accountId), key: tenant.attachment }),
    }),
  },
  {
    what: 'an account',
    document:
      'query ($id: ID!) { account(id: $id) { name status conversations(first: 3) { nodes { title } } } }',
    variables: (_tenant, _traces, id) => ({ id }),
  },
  {
    what: 'the list of an account',
    document: `query ($id: ID!) {
      conversations(first: 3, filter: { accountIds: [$id] }) { nodes { title } sources { account { id } } }
    }`,
    variables: (_tenant, _traces, id) => ({ id }),
  },
  ...[
    { what: 'references to everything, with what is behind them', document: ENTITIES, finds: true },
    { what: 'references to everything, by their keys alone', document: KEYS },
  ].map((probe): Probe => ({
    ...probe,
    variables: (tenant, _traces, accountId) => ({
      references: [
        { __typename: 'Account', id: accountId },
        { __typename: 'Conversation', id: conversationOf(tenant, accountId) },
        { __typename: 'Conversation', accountId, externalId: tenant.conversation },
        { __typename: 'Message', id: messageId(messageOf(tenant, accountId)) },
        { __typename: 'Message', ...messageOf(tenant, accountId) },
        {
          __typename: 'Attachment',
          id: attachmentId({ message: messageOf(tenant, accountId), key: tenant.attachment }),
        },
      ],
    }),
  })),
  {
    what: 'a conversation from the cursor of its messages on',
    document: `query ($id: ID!, $cursor: String) {
      conversation(id: $id) { messages(last: 3, before: $cursor) { nodes { text } } }
    }`,
    variables: (tenant, { messageCursor }, accountId) => ({
      ...{ id: conversationOf(tenant, accountId), cursor: messageCursor },
    }),
  },
  {
    what: 'the list of all accounts from a place on that names an account',
    document: `query ($cursor: String) {
      conversations(first: 3, after: $cursor) { nodes { title accountId } sources { account { id name } } }
    }`,
    variables: ({ account }, { mergedCursor }, accountId) => ({
      cursor: renamed(mergedCursor, account.id, accountId),
    }),
  },
];

/** What one viewer has uploaded or sent is nobody else's, also where both may use the account. */
export const ofOneViewer: readonly Probe[] = [
  {
    what: 'an upload',
    document: 'query ($id: ID!) { attachment(id: $id) { id fileName url } }',
    variables: (_tenant, { upload }, accountId) => ({ id: uploadId({ ...upload, accountId }) }),
  },
  {
    what: 'a reference to an upload',
    document:
      'query ($id: ID!) { _entities(representations: [{ __typename: "Attachment", id: $id }]) { ... on Attachment { id url } } }',
    variables: (_tenant, { upload }, accountId) => ({ id: uploadId({ ...upload, accountId }) }),
  },
  {
    what: 'a delivery',
    document: 'query ($id: ID!) { delivery(id: $id) { state failureReason message { text } } }',
    variables: (_tenant, { delivery }, accountId) => ({ id: deliveryId({ ...delivery, accountId }) }),
  },
];

/** What a start says, at the providers where there are any. */
const STARTS: Readonly<Partial<Record<AccountConfig['provider'], object>>> = {
  pact: { messenger: 'WHATSAPP', phone: '79990001122', text: 'hello' },
  letstalk: { organizationId: '9', text: 'hello' },
  pigeons: { participantId: '660e8400-e29b-41d4-a716-446655440001' },
};

/** Every way to write. */
export const writes: readonly Probe[] = [
  {
    what: 'a send',
    document: SEND,
    variables: (tenant, _traces, accountId) => ({
      input: {
        ...{ conversationId: conversationOf(tenant, accountId), text: 'hello' },
        idempotencyKey: randomUUID(),
      },
    }),
  },
  {
    what: 'a start',
    document: START,
    variables: ({ account: { provider } }, _traces, accountId) => ({
      input: {
        [provider]: {
          ...{ accountId, idempotencyKey: randomUUID() },
          ...STARTS[provider],
        },
      },
    }),
  },
  {
    what: 'a reaction and a read receipt',
    document: `mutation ($id: ID!) {
      addReaction(input: { messageId: $id, emoji: "👍" }) { message { text } outcome userErrors { code message } }
      markMessageRead(input: { messageId: $id }) { message { text } userErrors { code message } }
    }`,
    variables: (tenant, _traces, accountId) => ({ id: messageId(messageOf(tenant, accountId)) }),
  },
  {
    what: 'a closing',
    document: `mutation ($id: ID!) {
      closeConversation(input: { conversationId: $id }) { conversation { title } userErrors { code message } }
    }`,
    variables: (tenant, _traces, accountId) => ({ id: conversationOf(tenant, accountId) }),
  },
  {
    what: 'an archiving and a reopening',
    document: `mutation ($id: ID!) {
      archiveConversation(input: { conversationId: $id }) { conversation { title } userErrors { code message } }
      reopenConversation(input: { conversationId: $id }) { conversation { title } userErrors { code message } }
    }`,
    variables: (tenant, _traces, accountId) => ({ id: conversationOf(tenant, accountId) }),
  },
  {
    what: 'a deletion',
    document: `mutation ($id: ID!) {
      deleteMessages(input: { messageIds: [$id] }) { conversation { title } userErrors { code message } }
    }`,
    variables: (tenant, _traces, accountId) => ({ id: messageId(messageOf(tenant, accountId)) }),
  },
  {
    what: 'a reply',
    document: SEND,
    variables: (tenant, _traces, accountId) => ({
      input: {
        ...{ conversationId: conversationOf(tenant, accountId), text: 'hello' },
        ...{ replyTo: messageId(messageOf(tenant, accountId)), idempotencyKey: randomUUID() },
      },
    }),
  },
  {
    what: 'an upload of a file',
    document: UPLOAD,
    variables: (tenant, _traces, accountId) => ({
      input: { conversationId: conversationOf(tenant, accountId), file: null },
    }),
  },
];

export const probes = [...reads, ...ofOneViewer, ...writes];
