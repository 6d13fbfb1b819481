import { randomUUID } from 'node:crypto';
import { conversationId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Answer, Harness, QueryOptions } from '../harness.ts';
import type { ClientFile } from '../uploading.ts';
import { pdf, PNG as picture, postUpload } from '../uploading.ts';

/** What the tests of writes share: the operations, and what the sandbox has stored of them. */

const pact = (id: number) => conversationId({ accountId: 'sales', externalId: String(id) });
const letstalk = (id: number) => conversationId({ accountId: 'support', externalId: String(id) });
const pigeons = (id: string) => conversationId({ accountId: 'app', externalId: id });

/** Conversations of the sandbox's accounts by what is special about them. */
export const conversations = {
  whatsApp: pact(wellKnown.pact.documented),
  /** Delivers when its job is asked for the second time. */
  otherMessenger: pact(wellKnown.pact.empty),
  business: pact(wellKnown.pact.business),
  vkontakte: pact(wellKnown.pact.vkontakte),
  noPact: pact(999_999),
  letstalk: letstalk(wellKnown.letstalk.documented),
  closed: letstalk(wellKnown.letstalk.closed),
  noLetstalk: letstalk(999_999_999),
  pigeons: pigeons(wellKnown.pigeons.documented),
  noPigeons: pigeons('550e8400-e29b-41d4-a716-446655449999'),
  foreign: conversationId({ accountId: 'somebody', externalId: '1' }),
};

/** One conversation of each provider. */
export const PROVIDERS = [
  ['Pact', 'pact', conversations.whatsApp],
  ['Letstalk', 'letstalk', conversations.letstalk],
  ['Pigeons', 'pigeons', conversations.pigeons],
] as const;

const DELIVERY = `id state evidence asOf sentAt deliveredAt readAt failureReason message { id externalId text }`;
export const USER_ERROR = 'code message field retryable retryAfter';

export const SEND = `mutation Send($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message { id externalId text }
    delivery { ${DELIVERY} }
    parts { ${DELIVERY} }
    userErrors { ${USER_ERROR} }
  }
}`;

export const START = `mutation Start($input: StartConversationInput!) {
  startConversation(input: $input) {
    conversation { id externalId }
    delivery { ${DELIVERY} }
    userErrors { ${USER_ERROR} }
  }
}`;

/** What a payload says when nothing was sent. */
export const NOTHING_SENT = { message: null, delivery: null, parts: [] };

/** Sends, and gives the payload. The key is one of its own unless given. */
export async function send(
  harness: Pick<Harness, 'query'>,
  input: Readonly<Record<string, unknown>>,
  options: Omit<QueryOptions, 'variables'> = {},
): Promise<any> {
  const variables = { input: { idempotencyKey: randomUUID(), ...input } };
  return toData(await harness.query(SEND, { ...options, variables })).sendMessage;
}

/** Starts a conversation, and gives the payload. */
export async function start(
  harness: Pick<Harness, 'query'>,
  input: Readonly<Record<string, unknown>>,
  options: Omit<QueryOptions, 'variables'> = {},
): Promise<any> {
  return toData(await harness.query(START, { ...options, variables: { input } })).startConversation;
}

/** What has become of a send by now. */
export async function readDelivery(
  harness: Pick<Harness, 'query'>,
  id: string,
  options: Omit<QueryOptions, 'variables'> = {},
): Promise<any> {
  const document = `query Delivery($id: ID!) { delivery(id: $id) { ${DELIVERY} } }`;
  return toData(await harness.query(document, { ...options, variables: { id } })).delivery;
}

function toData({ data, errors }: Answer): any {
  if (errors) throw new Error(`${errors.length} unexpected errors: ${JSON.stringify(errors[0])}`);
  return data;
}

/** Asks again and again until it is so. */
export async function until<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 20_000; tries += 1) {
    const answer = await ask();
    if (isSo(answer)) return answer;
  }
  throw new Error('it has not become so');
}

/** Uploads a file for a conversation; gives the payload. */
export async function upload(
  { url }: Pick<Harness, 'url'>,
  conversation: string,
  file: ClientFile = PDF,
): Promise<any> {
  return toData(await postUpload(url, { conversationId: conversation }, file)).uploadAttachment;
}

/** Uploads a file for a conversation; gives its id. */
export async function uploaded(...args: Parameters<typeof upload>): Promise<string> {
  return (await upload(...args)).attachment.id;
}

export const PDF: ClientFile = { fileName: 'offer.pdf', type: 'application/pdf', bytes: pdf() };
export const PNG: ClientFile = { fileName: 'face.png', type: 'image/png', bytes: picture };

/** The texts of all messages that the providers have accepted since the reset, provider by provider. */
export function sentTexts({ sandbox }: Pick<Harness, 'sandbox'>): (string | null)[] {
  return [
    ...sandbox.pact.stored().jobs.map(({ text }) => text),
    // What v2 sends is no job.
    ...sandbox.pact.stored().messages.flatMap(({ jobId, text }) => (jobId === null ? [text] : [])),
    ...sandbox.letstalk
      .stored()
      .messages.filter(({ type }) => type !== 'SYSTEM')
      .map(({ content }) => content as string),
    ...sandbox.pigeons.stored().messages.map(({ text }) => text),
  ];
}

/** How many calls that write the sandbox has seen since the reset, however they ended. */
export function writeCalls({ sandbox }: Pick<Harness, 'sandbox'>): string[] {
  return [sandbox.pact, sandbox.letstalk, sandbox.pigeons].flatMap(({ requests }) =>
    requests.filter(({ method }) => method !== 'GET').map(({ call }) => call),
  );
}
