import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ask } from './ask.ts';
import { requestsTo } from './sandbox.ts';
import type { Stack } from './startStack.ts';
import { GATEWAYS } from './startStack.ts';

/** What a client asks of both subgraphs at once. */
export function describeQueries(given: () => Stack): void {
  describe('queries', () => {
    let stack: Stack;
    before(() => {
      stack = given();
    });

    for (const gateway of GATEWAYS) {
      describe(gateway, () => {
        const query = (...args: [string, object?]) => ask(stack.gateways[gateway], ...args);

        it('answers from both subgraphs, starting in Parley', async () => {
          const { data, errors } = await query(`{
        conversationByExternalId(accountId: "sales", externalId: "8781") {
          title
          customer { id name tier }
          messages(last: 2) { nodes { text sentiment } }
        }
      }`);
          assert.equal(errors, undefined);
          assert.deepEqual(data.conversationByExternalId, {
            title: 'Lucía Fernández',
            customer: { id: 'lucia', name: 'Lucía Fernández', tier: 'GOLD' },
            messages: {
              nodes: [
                { text: '¿Y si lo retiro en la tienda?', sentiment: null },
                { text: 'Entonces es gratis 😊', sentiment: 1 },
              ],
            },
          });
        });

        it('answers from both subgraphs, starting in the CRM', async () => {
          const { data, errors } = await query(`{
        customer(id: "liam") {
          conversations { title account { id provider } customer { name } messages(last: 1) { nodes { text } } }
        }
      }`);
          assert.equal(errors, undefined);
          const { conversations } = data.customer;
          assert.deepEqual(
            conversations.map(({ account }: any) => account),
            [
              { id: 'sales', provider: 'PACT' },
              { id: 'sales', provider: 'PACT' },
              { id: 'app', provider: 'PIGEONS' },
            ],
          );
          for (const { customer, messages } of conversations) {
            assert.deepEqual(customer, { name: 'Liam O’Connor' });
            assert.equal(messages.nodes.length, 1);
          }
        });

        it('joins a whole inbox with its customers', async () => {
          const { data, errors } = await query(
            '{ conversations(first: 50) { nodes { accountId externalId customer { name } } } }',
          );
          assert.equal(errors, undefined);
          const known = data.conversations.nodes.filter(({ customer }: any) => customer !== null);
          assert.deepEqual(
            known.filter(({ externalId }: any) => externalId === '8786'),
            [{ accountId: 'sales', externalId: '8786', customer: { name: '张伟' } }],
          );
          assert.ok(known.length < data.conversations.nodes.length);
        });

        it('resolves a hundred messages of two conversations in one request to Parley and two to providers', async () => {
          stack.proxy.arrived.length = 0;
          const { data, errors } = await query(
            '{ flaggedMessages(first: 100) { id text sentiment conversation { id } } }',
          );
          assert.equal(errors, undefined);
          assert.equal(data.flaggedMessages.length, 100);
          assert.equal(data.flaggedMessages.at(-1).text.slice(0, 5), '#1951');
          assert.equal(new Set(data.flaggedMessages.map(({ id }: any) => id)).size, 100);
          assert.ok(data.flaggedMessages.some(({ sentiment }: any) => sentiment === 1));
          assert.deepEqual(await requestsTo(stack.sandboxUrl), ['letstalk messages', 'pigeons messages']);
          assert.equal(stack.proxy.arrived.length, 1);
        });

        it('finds nothing for a message that does not exist, and says nothing else of it', async () => {
          const { data, errors } = await query(
            '{ conversationByExternalId(accountId: "sales", externalId: "1") { title customer { name } } }',
          );
          assert.equal(errors, undefined);
          assert.deepEqual(data, { conversationByExternalId: null });
        });

        it('tells the members of unions apart', async () => {
          const { data, errors } = await query(`{
        pact: conversationByExternalId(accountId: "sales", externalId: "8747") { ...Everything }
        letstalk: conversationByExternalId(accountId: "support", externalId: "1500005") { ...Everything }
        pigeons: conversationByExternalId(accountId: "app", externalId: "550e8400-e29b-41d4-a716-446655440104") { ...Everything }
      }
      fragment Everything on Conversation {
        messages(last: 30) {
          nodes {
            content {
              __typename
              ... on TextContent { text }
              ... on MediaContent { attachments { fileName media { __typename ... on ImageMedia { width } } } }
              ... on ActionListContent { title items { __typename ... on LinkAction { label } ... on QuickReplyAction { label message } } }
            }
            providerDetails {
              __typename
              ... on PactMessage { channelType }
              ... on LetstalkMessage { contentType }
              ... on PigeonsMessage { contextType }
            }
          }
        }
      }`);
          assert.equal(errors, undefined);
          const namesOf = (what: string, account: string): string[] => [
            ...new Set<string>(data[account].messages.nodes.map((message: any) => message[what].__typename)),
          ];
          assert.deepEqual(namesOf('providerDetails', 'pact'), ['PactMessage']);
          assert.deepEqual(namesOf('providerDetails', 'letstalk'), ['LetstalkMessage']);
          assert.deepEqual(namesOf('providerDetails', 'pigeons'), ['PigeonsMessage']);
          assert.ok(namesOf('content', 'pact').includes('MediaContent'));
          assert.ok(namesOf('content', 'letstalk').includes('ActionListContent'));
          const items = data.letstalk.messages.nodes.flatMap(({ content }: any) => content.items ?? []);
          assert.ok(
            items.some(({ __typename, message }: any) => __typename === 'QuickReplyAction' && message),
          );
        });
      });
    }
  });
}
