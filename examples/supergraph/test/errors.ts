import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ask } from './ask.ts';
import { failNext, requestsTo, storedBy } from './sandbox.ts';
import type { Stack } from './startStack.ts';
import { GATEWAYS } from './startStack.ts';

/** What a client learns when something is wrong. */
export function describeErrors(given: () => Stack): void {
  describe('errors', () => {
    let stack: Stack;
    before(() => {
      stack = given();
    });

    for (const gateway of GATEWAYS) {
      describe(gateway, () => {
        const query = (document: string) => ask(stack.gateways[gateway], document);

        it('keep the code and the argument of a request that is wrong', async () => {
          const { status, data, errors } = await query(
            '{ conversation(id: "no id") { title } accounts { id } }',
          );
          assert.equal(status, 200);
          assert.equal(data.conversation, null);
          assert.equal(data.accounts.length, 3);
          assert.equal(errors?.length, 1);
          assert.deepEqual(errors[0]!.path, ['conversation']);
          assert.equal(errors[0]!.extensions['code'], 'BAD_USER_INPUT');
          assert.equal(errors[0]!.extensions['argument'], 'id');
        });

        it('keep what a client needs to know of a provider that is down', async () => {
          await failNext(stack.sandboxUrl, 'pact', 'messages', { status: 503, times: 'always' });
          const { data, errors } = await query(`{
        conversationByExternalId(accountId: "sales", externalId: "8781") { customer { name } messages { nodes { text } } }
      }`);
          assert.deepEqual(data.conversationByExternalId, {
            customer: { name: 'Lucía Fernández' },
            messages: null,
          });
          assert.equal(errors?.length, 1);
          const { code, provider, accountId, retryable } = errors[0]!.extensions;
          assert.deepEqual(
            { code, provider, accountId, retryable },
            { code: 'PROVIDER_UNAVAILABLE', provider: 'PACT', accountId: 'sales', retryable: true },
          );
        });

        it('keep the code when they come of a reference from the other subgraph', async () => {
          await failNext(stack.sandboxUrl, 'letstalk', 'messages', { status: 402, times: 'always' });
          const { errors } = await query('{ flaggedMessages(first: 1) { text } }');
          assert.ok(errors && errors.length > 0);
          for (const { extensions } of errors) assert.equal(extensions['code'], 'PROVIDER_PAYMENT_REQUIRED');
        });

        it('keep the code of a list that is out of range, for which Parley answers 400', async () => {
          const { errors } = await query('{ conversations(first: 1000) { nodes { id } } }');
          assert.equal(errors?.length, 1);
          assert.equal(errors[0]!.extensions['code'], 'BAD_USER_INPUT');
        });

        it('of mutations come as data, with their fields', async () => {
          const { data: found } = await query(
            '{ conversationByExternalId(accountId: "sales", externalId: "8781") { id } }',
          );
          const { data, errors } = await query(`mutation {
        sendMessage(input: { conversationId: "${found.conversationByExternalId.id}", text: "", idempotencyKey: "e1" }) {
          message { id }
          userErrors { code field retryable }
        }
      }`);
          assert.equal(errors, undefined);
          assert.equal(data.sendMessage.message, null);
          assert.deepEqual(data.sendMessage.userErrors, [
            { code: 'NOTHING_TO_SEND', field: ['input', 'text'], retryable: false },
          ]);
          assert.deepEqual((await storedBy(stack.sandboxUrl)).pact.jobs, []);
        });

        it('say nothing of addresses and credentials', async () => {
          await failNext(stack.sandboxUrl, 'pact', 'messages', { status: 401, times: 'always' });
          const refused = await query(
            '{ conversationByExternalId(accountId: "sales", externalId: "8781") { messages { nodes { text } } } }',
          );
          assert.ok((await requestsTo(stack.sandboxUrl)).includes('pact messages'));
          assert.equal(refused.errors?.[0]?.extensions['code'], 'PROVIDER_UNAUTHENTICATED');
          const answers = [refused];
          for (const loss of ['reset', 'bad gateway'] as const) {
            // One for each try.
            stack.proxy.losses.push(loss, loss, loss);
            const { errors, ...rest } = await query('{ accounts { id } }');
            assert.ok(errors);
            answers.push({ errors, ...rest });
            stack.proxy.losses.length = 0;
          }
          for (const answer of answers)
            assert.doesNotMatch(JSON.stringify(answer), /127\.0\.0\.1|localhost|token|node_modules/);
        });
      });
    }
  });
}
