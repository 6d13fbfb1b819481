import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { as, seconds, SECRET_ENVIRONMENT } from '../identity.ts';
import type { Transport } from './listening.ts';
import { listen } from './listening.ts';

let parley: Harness;
beforeAll(async () => {
  parley = await startHarness({ environment: { ...SECRET_ENVIRONMENT, JWT_CLOCK_TOLERANCE: '1ms' } });
});
afterAll(() => parley.close());

describe.each<Transport>(['websocket', 'sse'])('over %s', (transport) => {
  it('ends a subscription when its token expires, also where nothing happens', async () => {
    const headers = await as({ exp: seconds(2) });
    const listener = listen(parley.url, transport, 'subscription { messageAdded { id } }', { headers });

    await listener.over.catch(() => undefined);

    expect(listener.results).toEqual([
      {
        errors: [
          { message: expect.any(String), extensions: expect.objectContaining({ code: 'UNAUTHENTICATED' }) },
        ],
      },
    ]);
    await listener.stop();
  });
});
