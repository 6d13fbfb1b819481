import { setTimeout as wait } from 'node:timers/promises';
import type { PlannedSend, PlannedTry } from './plan.ts';

/** What a client was told of its send. */
export interface Told {
  readonly delivery: { readonly id: string; readonly state: string } | null;
  /** The provider's id of the message. */
  readonly messageId: string | null;
  readonly userErrors: readonly { readonly code: string; readonly retryable: boolean }[];
}

const SEND = `mutation Send($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message { externalId }
    delivery { id state }
    userErrors { code retryable }
  }
}`;

const DELIVERY = `query Delivery($id: ID!) { delivery(id: $id) { id state message { externalId } } }`;

const CONVERSATION = `query Conversation($accountId: ID!, $externalId: String!) {
  conversationByExternalId(accountId: $accountId, externalId: $externalId) { id }
}`;

/** Where a process is reached right now; waits while it starts. */
export type Instances = readonly (() => Promise<string>)[];

const ACCOUNTS = { pact: 'sales', letstalk: 'support', pigeons: 'app' };

/** One try of a client: the answers that reach it. What is lost on the way is nothing that it could tell. */
export async function trySend(send: PlannedSend, planned: PlannedTry, instances: Instances): Promise<Told[]> {
  const { duplicates, leavesAfter } = planned;
  const answers = await Promise.all(
    Array.from({ length: duplicates }, async (_none, index) => {
      const url = await instances[planned.instances[index]!]!();
      const signal = leavesAfter === undefined ? undefined : AbortSignal.timeout(leavesAfter);
      return ask(url, send, signal);
    }),
  );
  return answers.filter((answer) => answer !== undefined);
}

/** Asks until a process answers. */
export async function insist(send: PlannedSend, instances: Instances): Promise<Told> {
  for (let tries = 0; tries < 50; tries += 1) {
    const told = await ask(await instances[tries % instances.length]!(), send);
    if (told && !told.userErrors.some(({ retryable }) => retryable)) return told;
    await wait(50);
  }
  throw new Error(`no answer for ${send.key}`);
}

async function ask(url: string, send: PlannedSend, signal?: AbortSignal): Promise<Told | undefined> {
  try {
    const { provider, conversation, text, key } = send;
    const { conversationByExternalId } = await post(
      url,
      CONVERSATION,
      { accountId: ACCOUNTS[provider], externalId: conversation },
      signal,
    );
    const input = { conversationId: conversationByExternalId.id, text, idempotencyKey: key };
    const { sendMessage } = await post(url, SEND, { input }, signal);
    return toTold(sendMessage, sendMessage.userErrors);
  } catch (error) {
    if (isLost(error)) return undefined;
    throw error;
  }
}

/** What has become of a delivery. */
export async function readDelivery(url: string, id: string): Promise<Told> {
  const { delivery } = await post(url, DELIVERY, { id });
  return toTold({ delivery, message: delivery.message }, []);
}

function toTold({ delivery, message }: any, userErrors: Told['userErrors']): Told {
  return { delivery, messageId: message?.externalId ?? null, userErrors };
}

async function post(
  url: string,
  query: string,
  variables: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<any> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
    ...(signal && { signal }),
  });
  const { data, errors } = (await response.json()) as { data: any; errors?: readonly object[] };
  if (errors && !data) throw new Error(`${response.status}: ${JSON.stringify(errors)}`);
  return data;
}

/** A signal that was lost, or a process that was killed: not an answer that is wrong. */
function isLost(error: unknown): boolean {
  // By name: jest's own globals make instances of other classes.
  return /^(Timeout|Abort|Type|Syntax)Error$/.test((error as Error).name);
}
