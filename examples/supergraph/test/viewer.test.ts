import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { jwtVerify, SignJWT } from 'jose';
import type { Answer } from './ask.ts';
import { ask } from './ask.ts';
import { listen, TRANSPORTS } from './listen.ts';
import { postWebhooks, writeAtPact } from './sandbox.ts';
import type { Stack } from './startStack.ts';
import { GATEWAYS, ROUTER_SECRET, startStack } from './startStack.ts';

const JWT = {
  JWT_SECRET: 'what only the identity provider and Parley know',
  JWT_ISSUER: 'https://identity.example.com/',
  JWT_AUDIENCE: 'parley',
};
const key = new TextEncoder().encode(JWT.JWT_SECRET);

const WAYS = {
  'the user’s token': {
    parley: { AUTH: 'router,jwt', ROUTER_SECRET, ...JWT },
  },
  'claims of a token that the gateway has verified': {
    // No `jwt`: Parley knows only what the gateway tells.
    parley: { AUTH: 'router', ROUTER_SECRET },
    gateway: { ROUTER_PASSES: 'claims', ...JWT },
    verify: async (token: string) =>
      (
        await jwtVerify(token, key, {
          issuer: JWT.JWT_ISSUER,
          audience: JWT.JWT_AUDIENCE,
          algorithms: ['HS256'],
        })
      ).payload,
  },
};

// What a client may try: to be somebody else, or to be the router.
const LIES = {
  'router-claims': JSON.stringify({
    sub: 'eve',
    parley_accounts: '*',
    scope: 'messages:read messages:write',
  }),
  'router-authorization': ROUTER_SECRET.replace('only', 'also'),
};

for (const [way, options] of Object.entries(WAYS)) {
  describe(`passing on ${way}`, () => {
    let stack: Stack;
    before(async () => {
      stack = await startStack(options);
    });
    after(() => (stack as Stack | undefined)?.close());

    for (const gateway of GATEWAYS) {
      const query = (document: string, headers: Record<string, string> = {}) =>
        ask(stack.gateways[gateway], document, { headers });

      it(`${gateway} lets a user see their own accounts, with the other subgraph’s fields`, async () => {
        const { data, errors } = await query(
          '{ accounts { id } conversations(first: 50) { nodes { accountId customer { name } messages(last: 1) { nodes { sentiment } } } } }',
          await bearer({ parley_accounts: ['sales'], scope: 'messages:read' }),
        );
        assert.equal(errors, undefined);
        assert.deepEqual(data.accounts, [{ id: 'sales' }]);
        const { nodes } = data.conversations;
        assert.ok(nodes.length > 0 && nodes.every(({ accountId }: any) => accountId === 'sales'));
        assert.ok(nodes.some(({ customer }: any) => customer !== null));
      });

      it(`${gateway} shows nothing of foreign accounts that the other subgraph refers to`, async () => {
        const { data } = await query(
          '{ customer(id: "liam") { conversations { title messages { nodes { text } } } } flaggedMessages(first: 4) { text } }',
          await bearer({ parley_accounts: ['app'], scope: 'messages:read' }),
        );
        // The CRM names two conversations of `sales` before one of `app`, and messages of `support` and `app` in turn.
        const isSeen = ({ title, text, messages }: any) => (title ?? text ?? messages ?? null) !== null;
        assert.deepEqual(data.customer.conversations.map(isSeen), [false, false, true]);
        assert.deepEqual(data.flaggedMessages.map(isSeen), [false, true, false, true]);
      });

      it(`${gateway} keeps FORBIDDEN for a user without the scope`, async () => {
        const { errors } = await query(
          '{ conversationByExternalId(accountId: "sales", externalId: "8781") { title } }',
          await bearer({ parley_accounts: ['sales'], scope: 'conversations:write' }),
        );
        assert.deepEqual(codesOf(errors), ['FORBIDDEN']);
      });

      it(`${gateway} gets nothing for somebody without a token, whatever their headers say`, async () => {
        for (const headers of [{}, LIES]) {
          const { data, errors } = await query('{ accounts { id } }', headers);
          assert.deepEqual(codesOf(errors), ['UNAUTHENTICATED']);
          assert.equal(data?.accounts ?? null, null);
        }
      });

      it(`${gateway} shows a user no more for headers that claim more`, async () => {
        const { data, errors } = await query('{ accounts { id } }', {
          ...(await bearer({ parley_accounts: ['app'], scope: 'messages:read' })),
          ...LIES,
        });
        assert.equal(errors, undefined);
        assert.deepEqual(data.accounts, [{ id: 'app' }]);
      });

      it(`${gateway} gets nothing for a token that somebody else signed`, async () => {
        const headers = await bearer({ parley_accounts: '*' }, new TextEncoder().encode('x'.repeat(40)));
        const { data, errors } = await query('{ accounts { id } }', headers);
        assert.ok(errors);
        assert.equal(data?.accounts ?? null, null);
      });
    }

    for (const transport of TRANSPORTS) {
      const subscribe = (query: string, headers: Record<string, string>, variables = {}) =>
        listen(stack.gateways['Hive Gateway'], transport, query, { headers, variables });

      it(`Hive Gateway tells a user over ${transport} of their own accounts, with the other subgraph’s fields`, async () => {
        const headers = await bearer({ parley_accounts: ['sales'], scope: 'messages:read' });
        await postWebhooks(stack.sandboxUrl, stack.webhookUrl);
        const { data } = await ask(stack.gateways['Hive Gateway'], '{ changes { pageInfo { endCursor } } }', {
          headers,
        });
        const listener = subscribe(
          'subscription ($after: String) { messageAdded(after: $after) { accountId sentiment conversation { customer { name } } } }',
          headers,
          { after: data.changes.pageInfo.endCursor },
        );
        await writeAtPact(stack.sandboxUrl, 8781, 'Muchas gracias');
        const conversation = { customer: { name: 'Lucía Fernández' } };
        assert.deepEqual(await listener.next(), {
          data: { messageAdded: { accountId: 'sales', sentiment: 1, conversation } },
        });
        await listener.leave();
      });

      it(`Hive Gateway tells nobody over ${transport} of foreign accounts, whatever their headers say`, async () => {
        for (const [claims, code] of [
          [{ parley_accounts: ['app'], scope: 'messages:read' }, 'BAD_USER_INPUT'],
          [{ parley_accounts: '*', scope: 'conversations:write' }, 'FORBIDDEN'],
          [undefined, 'UNAUTHENTICATED'],
        ] as const) {
          const headers = { ...LIES, ...(claims && (await bearer(claims))) };
          const listener = subscribe(
            'subscription { messageAdded(accountIds: ["sales"]) { text } }',
            headers,
          );
          const { data, errors } = await listener.next();
          assert.deepEqual(codesOf(errors), [code]);
          assert.equal(data?.messageAdded ?? null, null);
          await listener.leave();
        }
      });
    }

    it('Parley itself refuses claims that no router has passed', async () => {
      const { status, data, errors } = await ask(stack.parleyUrl, '{ accounts { id } }', { headers: LIES });
      assert.equal(status, 401);
      assert.equal(data, undefined);
      assert.deepEqual(codesOf(errors), ['UNAUTHENTICATED']);
    });
  });
}

function codesOf(errors: Answer['errors']): unknown[] {
  return [...new Set(errors?.map(({ extensions }) => extensions['code']))];
}

async function bearer(claims: object, signedBy = key): Promise<{ authorization: string }> {
  const token = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('ana')
    .setIssuer(JWT.JWT_ISSUER)
    .setAudience(JWT.JWT_AUDIENCE)
    .setExpirationTime('5m')
    .sign(signedBy);
  return { authorization: `Bearer ${token}` };
}
