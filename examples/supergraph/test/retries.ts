import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ask, upload } from './ask.ts';
import { storedBy } from './sandbox.ts';
import type { Stack } from './startStack.ts';
import { ROUTER_SECRET } from './startStack.ts';

const SEND = `mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) { message { id text } delivery { state } userErrors { code message } }
}`;

const CONVERSATIONS = [
  ['pact', 'sales', '8741'],
  ['letstalk', 'support', '1484305'],
  ['pigeons', 'app', '550e8400-e29b-41d4-a716-446655440000'],
] as const;

/** What becomes of a message when answers are lost on their way to the gateway. */
export function describeRetries(given: () => Stack): void {
  describe('retries', () => {
    let stack: Stack;
    const conversationIds: Record<string, string> = {};
    before(async () => {
      stack = given();
      for (const [provider, accountId, externalId] of CONVERSATIONS) {
        const { data } = await ask(
          stack.parleyUrl,
          `{ conversationByExternalId(accountId: "${accountId}", externalId: "${externalId}") { id } }`,
        );
        conversationIds[provider] = data.conversationByExternalId.id;
      }
    });

    describe('Hive Gateway', () => {
      for (const [provider] of CONVERSATIONS) {
        for (const losses of [['reset'], ['bad gateway'], ['bad gateway', 'reset']] as const) {
          it(`send one message over ${provider} when Parley's answer is lost: ${losses.join(', then ')}`, async () => {
            stack.proxy.losses.push(...losses);
            const text = `Once, ${losses.join(' ')}`;
            const { data, errors } = await ask(stack.gateways['Hive Gateway'], SEND, {
              variables: {
                input: {
                  conversationId: conversationIds[provider],
                  text,
                  idempotencyKey: `${provider} ${text}`,
                },
              },
              headers: { authorization: 'Bearer of the user' },
            });
            assert.equal(errors, undefined);
            assert.deepEqual(data.sendMessage.userErrors, []);
            assert.notEqual(data.sendMessage.delivery.state, 'UNKNOWN');
            // The gateway has asked again, and the provider was told once.
            assert.equal(stack.proxy.arrived.length, losses.length + 1);
            assert.equal(stack.proxy.losses.length, 0);
            assert.deepEqual(await sentBy(provider), [text]);
            for (const headers of stack.proxy.arrived) {
              assert.equal(headers.authorization, 'Bearer of the user');
              assert.equal(headers['router-authorization'], ROUTER_SECRET);
            }
          });
        }
      }

      it('of an upload give one attachment', async () => {
        stack.proxy.losses.push('bad gateway');
        const { data, errors } = await upload(
          stack.gateways['Hive Gateway'],
          'mutation ($input: UploadAttachmentInput!) { uploadAttachment(input: $input) { attachment { id } userErrors { code } } }',
          {
            file: new File(['%PDF-1.7 once'], 'once.pdf', { type: 'application/pdf' }),
            input: { conversationId: conversationIds['pact'], idempotencyKey: 'once' },
            headers: { 'apollo-require-preflight': 'true' },
          },
        );
        assert.equal(errors, undefined);
        assert.ok(data.uploadAttachment.attachment.id);
        assert.equal(stack.proxy.arrived.length, 2);
        assert.equal((await storedBy(stack.sandboxUrl)).pact.uploads.length, 1);
      });

      it('are none for a user who is over a rate limit, and who learns that at once', async () => {
        stack.proxy.losses.push('too many requests');
        const { errors } = await ask(stack.gateways['Hive Gateway'], '{ accounts { id } }');
        assert.equal(errors?.[0]?.extensions['code'], 'RATE_LIMITED');
        assert.equal(stack.proxy.arrived.length, 1);
      });

      it('end when answers stay lost, and the client that asks again with the key gets the message', async () => {
        stack.proxy.losses.push('reset', 'reset', 'reset');
        const input = {
          conversationId: conversationIds['letstalk'],
          text: 'In the end',
          idempotencyKey: 'in the end',
        };
        const lost = await ask(stack.gateways['Hive Gateway'], SEND, { variables: { input } });
        assert.ok(lost.errors);
        assert.equal(stack.proxy.losses.length, 0);
        const { data } = await ask(stack.gateways['Hive Gateway'], SEND, { variables: { input } });
        assert.equal(data.sendMessage.message.text, 'In the end');
        assert.deepEqual(await sentBy('letstalk'), ['In the end']);
      });
    });

    describe('@apollo/gateway', () => {
      it('are the client’s, who gets the message that was sent', async () => {
        stack.proxy.losses.push('reset');
        const input = {
          conversationId: conversationIds['pigeons'],
          text: 'Asked twice',
          idempotencyKey: 'asked twice',
        };
        const lost = await ask(stack.gateways['@apollo/gateway'], SEND, { variables: { input } });
        assert.ok(lost.errors);
        const { data } = await ask(stack.gateways['@apollo/gateway'], SEND, { variables: { input } });
        assert.equal(data.sendMessage.message.text, 'Asked twice');
        assert.deepEqual(await sentBy('pigeons'), ['Asked twice']);
      });
    });

    async function sentBy(provider: (typeof CONVERSATIONS)[number][0]): Promise<string[]> {
      const stored = (await storedBy(stack.sandboxUrl))[provider];
      return (provider === 'pact' ? stored.jobs : stored.messages).map(
        ({ text, content }: any) => text ?? content,
      );
    }
  });
}
