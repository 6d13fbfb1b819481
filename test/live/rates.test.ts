import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { listen } from './listening.ts';

const ADDED = 'subscription { messageAdded { id } }';

describe('a viewer’s rate', () => {
  let parley: Harness;
  beforeAll(async () => {
    parley = await startHarness({ environment: { RATE_LIMIT_OPERATIONS: '1/1h' } });
  });
  afterAll(() => parley.close());

  it('counts each subscription of a WebSocket, and refusing one is no fault of Parley’s', async () => {
    const first = listen(parley.url, 'websocket', ADDED);
    const second = listen(parley.url, 'websocket', ADDED);

    const refused = await Promise.race([first.over, second.over]).catch((errors: unknown) => errors);

    expect(refused).toEqual([
      expect.objectContaining({ extensions: expect.objectContaining({ code: 'RATE_LIMITED' }) }),
    ]);
    expect(parley.logged()).not.toContain('internal error');
    await Promise.all([first.stop(), second.stop()]);
  });
});
