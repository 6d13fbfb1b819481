import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ask } from './ask.ts';
import type { Stack } from './startStack.ts';
import { GATEWAYS, ROUTER_SECRET } from './startStack.ts';

/** Which headers reach Parley. */
export function describeHeaders(given: () => Stack): void {
  describe('headers', () => {
    let stack: Stack;
    before(() => {
      stack = given();
    });

    for (const gateway of GATEWAYS) {
      describe(gateway, () => {
        it('carry the user’s token and the gateway’s secret to Parley', async () => {
          await ask(stack.gateways[gateway], '{ accounts { id } }', {
            headers: { authorization: 'Bearer of the user', 'accept-language': 'pt' },
          });
          assert.equal(stack.proxy.arrived.length, 1);
          const { authorization, 'accept-language': language, ...rest } = stack.proxy.arrived[0]!;
          assert.deepEqual([authorization, language], ['Bearer of the user', 'pt']);
          assert.equal(rest['router-authorization'], ROUTER_SECRET);
        });

        it('carry nothing else that a client says of itself', async () => {
          await ask(stack.gateways[gateway], '{ accounts { id } }', { headers: LIES });
          await ask(stack.gateways[gateway], '{ accounts { id } }', {
            body: { extensions: { headers: LIES } },
          });
          await ask(stack.gateways[gateway], '{ flaggedMessages { text } }', {
            headers: LIES,
            body: { extensions: { headers: LIES } },
          });
          assert.equal(stack.proxy.arrived.length, 3);
          for (const headers of stack.proxy.arrived) {
            assert.equal(headers['router-authorization'], ROUTER_SECRET);
            for (const name of ['router-claims', 'x-api-key', 'cookie', 'authorization'])
              assert.equal(headers[name], undefined);
          }
        });
      });
    }
  });
}

const LIES = {
  'router-claims': '{"parley_accounts":"*"}',
  'router-authorization': 'a guess',
  'x-api-key': 'a key',
  cookie: 'a=b',
};
