import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { PACT_V2, pactV2Account } from '../pactV2Account.ts';

const READ = `query ($accountId: ID!, $externalId: String!, $last: Int, $before: String) {
  conversationByExternalId(accountId: $accountId, externalId: $externalId) {
    id externalId title createdAt lastActivityAt
    participants { kind name phone email avatarUrl }
    providerDetails { ... on PactConversation { channelType senderExternalId avatarUrl } }
    messages(last: $last, before: $before) {
      pageInfo { hasPreviousPage startCursor }
      nodes {
        id externalId conversationExternalId direction sentAt text
        content { __typename ... on TextContent { text } ... on MediaContent { text } }
        attachments {
          id fileName mimeType byteSize url
          media {
            __typename
            ... on ImageMedia { width height previewUrl } ... on VideoMedia { width height previewUrl }
            ... on AudioMedia { isVoiceMessage } ... on FileMedia { previewUrl }
          }
          providerDetails { ... on PactAttachment { externalId aspectRatio } }
        }
      }
    }
  }
}`;

const LIST = `query ($accountId: ID!, $after: String) {
  account(id: $accountId) {
    conversations(first: 50, after: $after) { nodes { externalId } pageInfo { hasNextPage endCursor } }
  }
}`;

/** Ids name their account. What they name beside it has to be the same. */
const withoutAccount = (id: string) =>
  Buffer.from(id, 'base64url')
    .toString()
    .replace(/^(\w):[^:]+/, '$1');

/** The same conversation of the same company, read by an account of each version. */
describe('a conversation that is read by v1 and by v2', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({
      accounts: (sandbox) => [...sandboxAccounts(sandbox), pactV2Account(sandbox)],
    });
  });
  afterAll(() => harness.close());

  /** All of it, from the newest page back. */
  async function readWhole(accountId: string, externalId: number) {
    let conversation: any;
    let nodes: any[] = [];
    let before: string | undefined;
    do {
      const variables = { accountId, externalId: String(externalId), last: 200, before };
      conversation = (await harness.data(READ, variables)).conversationByExternalId;
      nodes = [...conversation.messages.nodes, ...nodes];
      before = conversation.messages.pageInfo.startCursor;
    } while (conversation.messages.pageInfo.hasPreviousPage);
    const { messages: _pages, ...facts } = conversation;
    return { ...facts, nodes };
  }

  async function listAll(accountId: string): Promise<string[]> {
    const ids: string[] = [];
    let after: string | undefined;
    for (;;) {
      const { nodes, pageInfo } = (await harness.data(LIST, { accountId, after })).account.conversations;
      ids.push(...nodes.map(({ externalId }: { externalId: string }) => externalId));
      if (!pageInfo.hasNextPage) return ids;
      after = pageInfo.endCursor;
    }
  }

  const { documented, long, empty, sameTime, imported, specimens, attachments, vkontakte, business } =
    wellKnown.pact;

  it.each(
    Object.entries({
      documented,
      long,
      empty,
      sameTime,
      imported,
      specimens,
      attachments,
      vkontakte,
      business,
    }),
  )('has the same ids, facts and messages, in the same order: the one that is %s', async (_what, id) => {
    const ofV1 = await readWhole('sales', id);
    const ofV2 = await readWhole(PACT_V2, id);

    expect(ofV2.nodes.map(comparable)).toEqual(ofV1.nodes.map(comparable));
    expect(withoutAccount(ofV2.id)).toBe(withoutAccount(ofV1.id));
    expect(comparableFacts(ofV2)).toEqual(comparableFacts(ofV1));
  });

  it('is one of the same conversations', async () => {
    const [ofV1, ofV2] = [await listAll('sales'), await listAll(PACT_V2)];

    expect(ofV1.length).toBeGreaterThan(10);
    expect(ofV2.toSorted()).toEqual(ofV1.toSorted());
  });

  it('is found by the ids that the other account gave, with its own account in them', async () => {
    const { nodes } = await readWhole('sales', documented);
    const { externalId, text } = nodes[0];
    const reference = {
      ...{ __typename: 'Message', accountId: PACT_V2 },
      ...{ conversationExternalId: String(documented), externalId },
    };

    const data = await harness.data(
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Message { id text } } }',
      { of: [reference] },
    );

    expect(data._entities).toEqual([{ id: expect.any(String), text }]);
    expect(withoutAccount(data._entities[0].id)).toBe(withoutAccount(nodes[0].id));
  });

  it.each([
    ['sales', PACT_V2],
    [PACT_V2, 'sales'],
  ])('has cursors of its own: those of %s are none of %s', async (giver, taker) => {
    const variables = { externalId: String(long), last: 5 };
    const given = await harness.data(READ, { ...variables, accountId: giver });
    const { startCursor: before } = given.conversationByExternalId.messages.pageInfo;

    const { errors } = await harness.query(READ, { variables: { ...variables, accountId: taker, before } });

    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});

/** What both know. An attachment that v1 gives no id has none to be compared by, nor what else v1 leaves out of it. */
function comparable({ id, attachments, ...message }: any) {
  return {
    ...message,
    id: withoutAccount(id),
    attachments: attachments.map(({ url, media }: any) => ({ url, kind: media.__typename })),
  };
}

function comparableFacts({ id: _id, nodes: _nodes, lastActivityAt: _activity, ...facts }: any) {
  return facts;
}
