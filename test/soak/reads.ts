import type { Random } from '../../src/sandbox/content/random.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { ProviderKey } from '../e2e/chaos/plan.ts';
import { SANDBOX_ACCOUNTS } from '../sandboxAccounts.ts';
import { ask, operation } from './ask.ts';
import type { ParleyProcess } from './stage.ts';
import type { Tally } from './tally.ts';

/** Something that a client does, asking one process after the other as it likes. */
export type Action = (random: Random, pick: () => ParleyProcess) => Promise<unknown>;

/** What clients do, each with how often, in relation to the others. */
export type Actions = readonly (readonly [weight: number, action: Action])[];

/**
 * Conversations of the seed. Nothing is sent to them: what is read is as much in the last minute as in the first, so that
 * memory which grows is not that of answers which do.
 */
const READ: Record<ProviderKey, readonly string[]> = {
  pact: [wellKnown.pact.documented, wellKnown.pact.attachments, wellKnown.pact.specimens].map(String),
  letstalk: [wellKnown.letstalk.documented, wellKnown.letstalk.files, wellKnown.letstalk.actionLists].map(
    String,
  ),
  pigeons: [wellKnown.pigeons.documented, wellKnown.pigeons.attachments, wellKnown.pigeons.sameTime],
};
/** Of 2,000 messages. */
const LONG: Record<ProviderKey, string> = {
  pact: String(wellKnown.pact.long),
  letstalk: String(wellKnown.letstalk.long),
  pigeons: wellKnown.pigeons.long,
};
const PROVIDERS = Object.keys(READ) as ProviderKey[];

const MESSAGE = `id externalId conversationExternalId text sentAt direction author { name } attachments { fileName url } reactions { emoji }`;
const SOURCES = `sources { account { id } answered error { code } }`;

const INBOX = `{ conversations(first: 10) {
  nodes { id title account { name } messages(last: 3) { nodes { ${MESSAGE} } } }
  ${SOURCES}
} }`;
const CONVERSATIONS = `query ($after: String) { conversations(first: 8, after: $after) {
  nodes { id title state } pageInfo { hasNextPage endCursor } ${SOURCES}
} }`;
const CONVERSATION = `query ($accountId: ID!, $externalId: String!, $before: String) {
  conversationByExternalId(accountId: $accountId, externalId: $externalId) {
    id title state participants { name }
    messages(last: 50, before: $before) { nodes { ${MESSAGE} } pageInfo { hasPreviousPage startCursor } }
  }
}`;
const ACCOUNTS = `{ accounts { id name provider status capabilities { sendText maxTextLength reactions } } }`;
const ENTITIES = `query ($of: [_Any!]!) { _entities(representations: $of) {
  ... on Account { name status }
  ... on Conversation { id title }
  ... on Message { ${MESSAGE} }
} }`;

/** The reads. `seen` collects the messages that have been read, for those who ask for one again. */
export function createReads(tally: Tally): Actions {
  const seen: Record<ProviderKey, object[]> = { pact: [], letstalk: [], pigeons: [] };

  const read = async (what: string, to: ParleyProcess, document: string, variables = {}) =>
    (await ask({ what, to, body: operation(document, variables) }, tally))?.data;

  const readMessages = async (what: string, to: ParleyProcess, place: Place, before?: string) => {
    const { provider, externalId } = place;
    const accountId = SANDBOX_ACCOUNTS[provider];
    const data = await read(what, to, CONVERSATION, { accountId, externalId, before });
    return data?.conversationByExternalId?.messages;
  };

  const inbox: Action = (_random, pick) => read('inbox', pick(), INBOX);

  const leaveInbox: Action = (random, pick) =>
    ask(
      { what: 'inbox, left', to: pick(), body: operation(INBOX), leavesAfter: random.between(0, 60) },
      tally,
    );

  const walkInbox: Action = async (random, pick) => {
    let after: string | undefined;
    for (let page = random.between(1, 4); page > 0; page -= 1) {
      const conversations = (await read('inbox page', pick(), CONVERSATIONS, { after }))?.conversations;
      if (!conversations?.pageInfo.hasNextPage) return;
      after = conversations.pageInfo.endCursor;
    }
  };

  const conversation: Action = async (random, pick) => {
    const provider = random.pick(PROVIDERS);
    const place = { provider, externalId: random.pick(READ[provider]) };
    const messages = await readMessages('conversation', pick(), place);
    const accountId = SANDBOX_ACCOUNTS[provider];
    for (const { externalId, conversationExternalId } of messages?.nodes ?? [])
      seen[provider].push({ __typename: 'Message', accountId, externalId, conversationExternalId });
    seen[provider].splice(0, seen[provider].length - 100);
  };

  const walk: Action = async (random, pick) => {
    const provider = random.pick(PROVIDERS);
    let before: string | undefined;
    for (let page = random.between(2, 5); page > 0; page -= 1) {
      const messages = await readMessages(
        'history page',
        pick(),
        { provider, externalId: LONG[provider] },
        before,
      );
      if (!messages?.pageInfo.hasPreviousPage) return;
      before = messages.pageInfo.startCursor;
    }
  };

  const entities: Action = (random, pick) => {
    const provider = random.pick(PROVIDERS);
    const messages = [...seen[provider], ...seen.pact, ...seen.pigeons];
    const of = [
      { __typename: 'Account', id: SANDBOX_ACCOUNTS[provider] },
      // One that exists, one that does not.
      ...[random.pick(READ[provider]), '404404'].map((externalId) => {
        return { __typename: 'Conversation', accountId: SANDBOX_ACCOUNTS[provider], externalId };
      }),
      ...Array.from({ length: messages.length > 0 ? random.between(1, 30) : 0 }, () => random.pick(messages)),
    ];
    return read('entities', pick(), ENTITIES, { of });
  };

  const accounts: Action = (_random, pick) => read('accounts', pick(), ACCOUNTS);

  return [
    [4, inbox],
    [1, leaveInbox],
    [4, walkInbox],
    [10, conversation],
    [3, walk],
    [8, entities],
    [6, accounts],
  ];
}

interface Place {
  readonly provider: ProviderKey;
  readonly externalId: string;
}
