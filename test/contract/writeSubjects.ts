import { sandboxAccounts } from '../../src/accounts.ts';
import type { AccountConfig } from '../../src/config/accounts.ts';
import type { OutgoingMessage, Progress, StartConversation } from '../../src/messaging/outgoing.ts';
import type { Provider, ReadContext } from '../../src/messaging/provider.ts';
import type { Emulator, Sandbox } from '../../src/sandbox/index.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import { operation } from './operation.ts';
import { PACT_V2, pactV2Account } from '../pactV2Account.ts';
import type { SampleFile } from './outgoing.ts';
import { file, outgoing } from './outgoing.ts';

/** What the suites need to know of a provider's half of the sandbox, to write there. */
export interface WriteSubject {
  readonly emulator: Emulator;
  readonly accountId: string;
  /** The account that can start conversations; null where none can. */
  readonly starter: string | null;
  /** Conversations by what is special about them. */
  readonly conversations: {
    /** No message. */
    readonly empty: string;
    /** 2,000 messages, all of them old. */
    readonly long: string;
    /** Takes several files in one message; null where none does. */
    readonly severalFiles: string | null;
    /** Well-formed, and not there. */
    readonly unknown: string;
  };
  /** How a send is answered. */
  readonly answered: Pick<Progress, 'state' | 'final'>;
  /** How a start is answered. */
  readonly startAnswered: Pick<Progress, 'state' | 'final'>;
  /** How often a send was accepted since the beginning of the test. */
  accepted(): number;
  /** The conversation's messages as they are stored, oldest first. */
  stored(conversationId: string): StoredMessage[];
  /** Puts whatever has been accepted into the history. */
  settle(): void;
  /** Somebody writes beside Parley: the account's own side, or the other one. */
  put(conversationId: string, message: { text: string; own: boolean }): string;
  /** Whether files are stored, or only their addresses. */
  readonly storesFiles: boolean;
  /** Whether the whole history comes with one call, however long it is. */
  readonly historyComesWhole: boolean;
  /** How many calls it costs to look through the 2,000 messages of `long`; 20 at the most. */
  readonly callsForLong: number;
  /** What `starter` can start; null where there is none. */
  readonly start: StartConversation | null;
  /** The conversations that were started since the beginning of the test. */
  readonly started: () => string[];
  readonly writes: readonly Write[];
}

export interface StoredMessage {
  readonly id: string;
  readonly text: string | null;
  /** The name that Parley gave it, where it is kept. */
  readonly name: string | null;
  readonly files: readonly StoredFile[];
}

export interface StoredFile {
  readonly fileName: string;
  readonly mimeType: string;
  readonly byteSize: number;
  readonly sha256?: string;
  readonly url?: string;
}

/** One way to write. */
export interface Write {
  readonly what: string;
  /** Its call by the emulator's name. */
  readonly call: string;
  readonly accountId: string;
  /** Makes what it is about. */
  readonly prepare?: () => void;
  readonly write: (provider: Provider, context: ReadContext) => Promise<unknown>;
  /** How often that has been done since the beginning of the test. */
  readonly stored: () => number;
}

/** A message that was sent, and its id at the provider. */
export interface Sent {
  readonly message: OutgoingMessage;
  readonly id: string;
}

/** Sends a message, into the empty conversation unless another is named, and waits until it is in the history. */
export async function send(
  provider: Provider,
  subject: WriteSubject,
  message: Partial<OutgoingMessage>,
): Promise<Sent> {
  const full = outgoing({ conversationId: subject.conversations.empty, ...message });
  await provider.sendMessage!(full, operation());
  subject.settle();
  return { message: full, id: subject.stored(full.conversationId).at(-1)!.id };
}

/** For what a subject says whether or not the sandbox runs: tests are named before it does. */
export const NO_SANDBOX = {} as Sandbox;

/** A text that may be in no error. */
export const PRIVATE_TEXT = 'my card is 4111 1111 1111 1111';

/** The one of Pigeons' users who takes part in a single conversation. */
export const LONER = 3;

/** That conversation. */
export function ofLoner({ users, conversations }: Sandbox['pigeons']): string {
  const { uuid } = users[LONER]!;
  const own = conversations().filter((row) => row.participants.some((one) => one.uuid === uuid));
  if (own.length !== 1) throw new Error('the loner is in several conversations');
  return own[0]!.uuid;
}

/** The sandbox's accounts, one of somebody who asks at Letstalk, and some of other users of Pigeons. */
export function accountsOf(sandbox: Sandbox): AccountConfig[] {
  const { letstalk, pigeons } = sandbox;
  const { clientKey: apiKey, url: baseUrl } = letstalk;
  const { publicKey, users, url } = pigeons;
  const user = (id: string, index: number): AccountConfig => ({
    ...{ id, provider: 'pigeons', publicKey, token: users[index]!.token, baseUrl: url },
  });
  return [
    ...sandboxAccounts(sandbox),
    pactV2Account(sandbox),
    { id: 'asking', provider: 'letstalk', apiKey, role: 'client', baseUrl },
    user('john', 1),
    user('tenth', 10),
    user('alone', LONER),
    { id: 'callers', provider: 'pigeons', publicKey, tokenHeader: 'x-chat-token', baseUrl: url },
  ];
}

export function pactSubject({ pact }: Pick<Sandbox, 'pact'>): WriteSubject {
  const { empty, long, vkontakte } = wellKnown.pact;
  const start: StartConversation = {
    ...{ provider: 'PACT', name: '6f0d9a52-0000-5000-8000-000000000001', messenger: 'WHATSAPP' },
    ...{ phone: '79991234567', username: null, vkontakteId: null, text: PRIVATE_TEXT },
  };
  const started = () =>
    pact
      .conversations()
      .filter((row) => row.sender_external_id === start.phone)
      .map((row) => String(row.external_id));
  const accountId = 'sales';

  return {
    emulator: pact,
    accountId,
    starter: accountId,
    conversations: {
      ...{ empty: String(empty), long: String(long), severalFiles: String(vkontakte), unknown: '999999' },
    },
    answered: { state: 'QUEUED', final: false },
    startAnswered: { state: 'SENT', final: true },
    accepted: () => pact.jobs().length,
    stored: (id) =>
      pact.messages(Number(id)).map((row) => ({
        id: String(row.external_id),
        text: row.message,
        name: null,
        files: pact
          .uploads()
          .filter(({ messageId }) => messageId === row.external_id)
          .map(({ fileName, mimeType, byteSize, sha256 }) => ({ fileName, mimeType, byteSize, sha256 })),
      })),
    settle: () => pact.settleJobs(),
    put: (id, { text, own }) =>
      String(
        pact.addMessage(Number(id), {
          message: text,
          income: !own,
          created_at: new Date().toISOString(),
        }).external_id,
      ),
    storesFiles: true,
    historyComesWhole: false,
    callsForLong: 20,
    start,
    started,
    writes: [
      sending(accountId, String(empty), () => pact.jobs().length),
      {
        ...{ what: 'an upload', call: 'uploadAttachment', accountId },
        write: (provider, context) => provider.uploadFile!(String(empty), file(), context),
        stored: () => pact.uploads().length,
      },
      starting(accountId, start, started),
    ],
  };
}

/** The same company, by Pact's second API. */
export function pactV2Subject({ pact }: Pick<Sandbox, 'pact'>): WriteSubject {
  const ofV1 = pactSubject({ pact });
  const { empty } = ofV1.conversations;
  const { documented, documentedMessage } = wellKnown.pact;
  const accepted = () => pact.stored().messages.length;
  return {
    ...ofV1,
    // 150 messages a page.
    callsForLong: 14,
    accountId: PACT_V2,
    starter: PACT_V2,
    conversations: { ...ofV1.conversations, severalFiles: null },
    answered: { state: 'QUEUED', final: false },
    startAnswered: { state: 'QUEUED', final: false },
    accepted,
    writes: [
      sending(PACT_V2, empty, accepted, 'v2SendMessage'),
      {
        ...{ what: 'an upload', call: 'v2UploadAttachment', accountId: PACT_V2 },
        write: (provider, context) => provider.uploadFile!(empty, file(), context),
        stored: () => pact.uploads().length,
      },
      starting(PACT_V2, ofV1.start!, ofV1.started, 'v2StartConversation'),
      {
        ...{ what: 'a deletion', call: 'v2DeleteMessages', accountId: PACT_V2 },
        write: (provider, context) =>
          provider.deleteMessages!(String(documented), [String(documentedMessage)], context),
        stored: () => Number(pact.v2.message(documentedMessage).deleted),
      },
      {
        ...{ what: 'an archiving', call: 'v2UpdateConversation', accountId: PACT_V2 },
        write: (provider, context) => provider.archiveConversation!(empty, context),
        stored: () => Number(pact.v2.conversation(Number(empty)).operational_state === 'archived'),
      },
    ],
  };
}

export function letstalkSubject({ letstalk }: Pick<Sandbox, 'letstalk'>): WriteSubject {
  const empty = String(wellKnown.letstalk.empty);
  const start: StartConversation = {
    ...{ provider: 'LETSTALK', name: '6f0d9a52-0000-5000-8000-000000000002', organizationId: '9' },
    ...{ inquiryId: null, title: 'Begun by a test', text: PRIVATE_TEXT, metadata: null },
  };
  const started = () =>
    letstalk
      .conversations()
      .filter(({ issue }) => issue === 'Begun by a test')
      .map(({ id }) => String(id));
  const accountId = 'support';
  const count = () => letstalk.messages(Number(empty)).length;

  return {
    emulator: letstalk,
    accountId,
    starter: 'asking',
    conversations: {
      ...{ empty, long: String(wellKnown.letstalk.long), severalFiles: null, unknown: '999999999' },
    },
    answered: { state: 'SENT', final: true },
    startAnswered: { state: 'SENT', final: true },
    accepted: count,
    stored: (id) =>
      letstalk.messages(Number(id)).map((row) => {
        const sent = letstalk.files().get(row.id);
        return {
          id: String(row.id),
          text: sent ? null : (row.content as string),
          name: row.remote_id,
          files: sent ? [without(sent)] : [],
        };
      }),
    settle: () => undefined,
    put: (id, { text, own }) =>
      String(
        letstalk.addMessage(Number(id), {
          content: text,
          created_at: new Date().toISOString(),
          // Without a person the state takes the conversation's client.
          ...(own && { person: agentOf(letstalk) }),
        }).id,
      ),
    storesFiles: true,
    historyComesWhole: false,
    callsForLong: 20,
    start,
    started,
    writes: [
      sending(accountId, empty, count),
      {
        ...{ what: 'a message with a file', call: 'sendMessage', accountId },
        write: (provider, context) =>
          provider.sendMessage!(outgoing({ conversationId: empty, files: [file()] }), context),
        stored: count,
      },
      {
        ...{ what: 'the end of a conversation', call: 'closeConversation', accountId },
        write: (provider, context) => provider.closeConversation!(empty, context),
        stored: count,
      },
      starting('asking', start, started),
    ],
  };
}

export function pigeonsSubject({ pigeons }: Pick<Sandbox, 'pigeons'>): WriteSubject {
  const { justCreated, long, documented, documentedMessage } = wellKnown.pigeons;
  const accountId = 'app';
  const conversationExternalId = documented;
  const start: StartConversation = {
    ...{ provider: 'PIGEONS', name: '6f0d9a52-0000-5000-8000-000000000003' },
    ...{ participantId: '660e8400-e29b-41d4-a716-446655440015', taggableType: 'Deal', taggableId: '77' },
  };
  const started = () =>
    pigeons
      .conversations()
      .filter((row) => row.taggable_type === 'Deal')
      .map(({ uuid }) => uuid);
  const count = () => pigeons.messages(justCreated).length;

  return {
    emulator: pigeons,
    accountId,
    starter: accountId,
    conversations: {
      ...{ empty: justCreated, long, severalFiles: justCreated },
      unknown: '550e8400-e29b-41d4-a716-446655449999',
    },
    answered: { state: 'SENT', final: false },
    startAnswered: { state: 'SENT', final: true },
    accepted: count,
    stored: (id) =>
      pigeons.messages(id).map((row) => ({
        id: row.message_id,
        text: row.context.text,
        name:
          ((row.metadata as Record<string, unknown> | null)?.['parley_send'] as string | undefined) ?? null,
        files: ((row.attachments ?? []) as Record<string, unknown>[]).map(
          ({ name, mime_type, size, ...rest }) =>
            ({ fileName: name, mimeType: mime_type, byteSize: size, ...rest }) as StoredFile,
        ),
      })),
    settle: () => undefined,
    put: (id, { text, own }) => {
      const { uuid, name, avatar } = pigeons.user;
      const other = pigeons.users[10]!;
      const [sender, receiver] = own ? [{ uuid, name, avatar }, other] : [other, { uuid, name, avatar }];
      return pigeons.addMessage(id, { context: { text, type: 'text' }, sender, receiver }).message_id;
    },
    storesFiles: false,
    historyComesWhole: true,
    callsForLong: 1,
    start,
    started,
    writes: [
      sending(accountId, justCreated, count),
      {
        ...{ what: 'a reaction', call: 'addReaction', accountId },
        write: (provider, context) =>
          provider.addReaction!(
            { accountId, conversationExternalId, externalId: documentedMessage },
            '🎉',
            context,
          ),
        stored: () =>
          pigeons
            .messages(documented)
            .flatMap(({ message_id, reactions }) => (message_id === documentedMessage ? reactions! : []))
            .filter(({ emoji }) => emoji === '🎉').length,
      },
      {
        ...{ what: 'a read receipt', call: 'markRead', accountId },
        prepare: () => void pigeons.addMessage(documented),
        write: (provider, context) => {
          const { message_id: externalId } = pigeons.messages(documented).at(-1)!;
          return provider.markMessageRead!({ accountId, conversationExternalId, externalId }, context);
        },
        stored: () => Number(pigeons.messages(documented).at(-1)!.status.read),
      },
      starting(accountId, start, started),
    ],
  };
}

function sending(
  accountId: string,
  conversationId: string,
  stored: () => number,
  call = 'sendMessage',
): Write {
  return {
    ...{ what: 'a message', call, accountId, stored },
    write: (provider, context) =>
      provider.sendMessage!(outgoing({ conversationId, text: PRIVATE_TEXT }), context),
  };
}

function starting(
  accountId: string,
  start: StartConversation,
  started: () => string[],
  call = 'startConversation',
): Write {
  return {
    ...{ what: 'the start of a conversation', call, accountId },
    write: (provider, context) => provider.startConversation!(start, context),
    stored: () => started().length,
  };
}

/** The owner of the agent's key, as the author of a message. */
function agentOf(letstalk: Sandbox['letstalk']) {
  const messages = letstalk.messages(wellKnown.letstalk.internalNotes);
  return messages.find(({ person }) => person?.type === 'User' && person.id === letstalk.agentId)!.person;
}

function without({ fileName, mimeType, byteSize, sha256 }: SampleFile | StoredFile): StoredFile {
  return { fileName, mimeType, byteSize: byteSize!, sha256: sha256! };
}
