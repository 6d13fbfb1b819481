import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { conversationId } from '../../src/messaging/ids.ts';
import { eventually } from '../eventually.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { listen } from './listening.ts';

let parley: Harness;
beforeAll(async () => {
  parley = await startHarness({
    accounts: ({ letstalk }) => [
      {
        id: 'support',
        provider: 'letstalk',
        apiKey: letstalk.agentKey,
        role: 'agent',
        baseUrl: letstalk.url,
      },
    ],
    eventTimes: { pollInterval: 1 },
  });
});
afterAll(() => parley.close());

it('asks a provider once, and not with each round, for a conversation that does not exist', async () => {
  const watch = (externalId: string) =>
    listen(parley.url, 'sse', 'subscription ($id: ID) { messageAdded(conversationId: $id) { id } }', {
      variables: { id: conversationId({ accountId: 'support', externalId }) },
    });
  const [absent, present] = [watch('777000123'), watch('1484305')];
  const asked = { absent: 0, present: 0 };

  await eventually(() => {
    for (const { query } of parley.sandbox.letstalk.requests)
      asked[JSON.stringify(query).includes('777000123') ? 'absent' : 'present'] += 1;
    parley.sandbox.letstalk.clearRequests();
    expect(asked.present).toBeGreaterThan(20);
  });

  // By the first look of whoever watches it, and by a round.
  expect(asked.absent).toBeLessThanOrEqual(2);
  await Promise.all([absent.stop(), present.stop()]);
});
