import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';

const CHANGES = `query Changes($after: String, $first: Int, $accountIds: [ID!]) {
  changes(after: $after, first: $first, accountIds: $accountIds) {
    edges { cursor node {
      __typename
      ... on MessageAdded { message { id text direction conversation { id externalId title } } }
      ... on DeliveryUpdated { delivery { state evidence message { externalId } } }
      ... on ConversationUpdated { conversation { externalId title } }
    } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

let parley: Harness;

beforeAll(async () => {
  parley = await startHarness({ webhooks: true });
});
afterAll(() => parley.close());
beforeEach(() => {
  parley.takeCalls();
});

const { pact } = wellKnown;

describe('changes', () => {
  it('gives where now is, and then what has happened since', async () => {
    const { changes: start } = await parley.data(CHANGES);
    expect(start.edges).toEqual([]);

    parley.sandbox.pact.addMessage(pact.documented, { message: 'Are you there?' });
    await parley.sandbox.pact.webhook.settled();

    const { changes } = await parley.data(CHANGES, { after: start.pageInfo.endCursor });
    expect(changes.edges).toEqual([
      {
        cursor: changes.pageInfo.endCursor,
        node: {
          __typename: 'MessageAdded',
          message: expect.objectContaining({ text: 'Are you there?', direction: 'INBOUND' }),
        },
      },
    ]);
    expect(changes.pageInfo.hasNextPage).toBe(false);
  });

  it('gives each once, however often it is told', async () => {
    const { changes: start } = await parley.data(CHANGES);
    parley.sandbox.pact.addMessage(pact.documented, { message: 'Once' });
    await parley.sandbox.pact.webhook.settled();
    const { body } = parley.sandbox.pact.webhook.delivered().at(-1)!;

    for (let times = 0; times < 3; times += 1) parley.sandbox.pact.webhook.send(body);
    await parley.sandbox.pact.webhook.settled();

    const { changes } = await parley.data(CHANGES, { after: start.pageInfo.endCursor });
    expect(changes.edges).toHaveLength(1);
  });
});
