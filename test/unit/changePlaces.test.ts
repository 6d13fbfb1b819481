import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { ChangePage } from '../../src/messaging/events.ts';
import type { Account } from '../../src/messaging/registry.ts';
import type { OpenEvents } from '../../src/realtime/createEvents.ts';
import { createEvents } from '../../src/realtime/createEvents.ts';
import { createMemoryLiveStore } from '../../src/store/createMemoryLiveStore.ts';
import { createMemoryStore } from '../../src/store/createMemoryStore.ts';

const HOUR = 3_600_000;
const WINDOW = 24 * HOUR;

const sales = { id: 'sales', name: 'Sales', provider: { name: 'PACT' } } as unknown as Account;
const times = {
  ...{ pollInterval: HOUR, listInterval: HOUR, linger: HOUR, leaseTime: HOUR },
  ...{ scanInterval: HOUR, scanPause: HOUR, patience: 0 },
};

describe('a place among all changes', () => {
  let clock: number;
  let live: ReturnType<typeof createMemoryLiveStore>;
  let events: OpenEvents;
  let states: number;

  beforeEach(() => {
    clock = Date.parse('2026-01-01T00:00:00Z');
    states = 0;
    live = createMemoryLiveStore({ keep: WINDOW, now: () => clock });
    events = createEvents({
      ...{ accounts: [sales], store: createMemoryStore(), live, window: WINDOW, maxWaiting: 10, times },
      ...{ always: false, log: pino({ enabled: false }), now: () => clock },
      observer: { connected: () => undefined, event: () => undefined },
    });
  });
  afterEach(() => events.close());

  const happen = (text: string) =>
    live.commit({
      ...{ accountId: 'sales', key: `conversation:${(states += 1)}`, expected: undefined, state: '{}' },
      changes: [JSON.stringify({ text })],
    });
  const ask = (from?: ChangePage, count = 20) =>
    events.changes({ accounts: [sales], after: from && { epoch: from.epoch, id: from.end }, count });
  const told = ({ changes }: ChangePage) =>
    changes.map(({ change }) => (change as unknown as { text: string }).text);

  it('from before anything happened is forgotten like any other, and says so', async () => {
    const start = await ask();
    await happen('missed');
    clock += WINDOW + HOUR;
    await happen('new');

    await expect(ask(start)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  });

  it('is of now where nothing has happened for long', async () => {
    await happen('long ago');
    clock += 2 * WINDOW;
    const start = await ask();
    clock += HOUR;
    await happen('new');

    expect(told(await ask(start))).toEqual(['new']);
  });

  it('does not grow old for whoever asks again and again', async () => {
    await happen('long ago');
    let page = await ask();
    for (let hours = 0; hours < 60; hours += 12) {
      clock += 12 * HOUR;
      page = await ask(page);
      expect(told(page)).toEqual([]);
    }
    await happen('new');

    expect(told(await ask(page))).toEqual(['new']);
  });

  it('comes before all that happens later, also where the clock is put back a little', async () => {
    const start = await ask();
    clock -= 30_000;
    await happen('after');

    expect(told(await ask(start))).toEqual(['after']);
  });

  it('of a page with more behind it is that of its last change', async () => {
    const start = await ask();
    for (const text of ['a', 'b', 'c']) await happen(text);
    const page = await ask(start, 2);

    expect(told(page)).toEqual(['a', 'b']);
    expect(page.hasMore).toBe(true);
    expect(told(await ask(page))).toEqual(['c']);
    expect(told(await ask(await ask(page)))).toEqual([]);
  });
});
