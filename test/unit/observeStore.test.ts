import { describe, expect, it } from '@jest/globals';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { Store } from '../../src/messaging/store.ts';
import { createMemoryLiveStore } from '../../src/store/createMemoryLiveStore.ts';
import { createMemoryStore } from '../../src/store/createMemoryStore.ts';
import { observeLiveStore, observeStore } from '../../src/store/observeStore.ts';

const LONG = 60_000;

describe('a store that is watched', () => {
  function open(store: Store) {
    const calls: [string, string][] = [];
    const watched = observeStore(store, {
      call(method, outcome, seconds) {
        expect(seconds).toBeGreaterThanOrEqual(0);
        calls.push([method, outcome]);
      },
    });
    return { watched, calls };
  }

  it('does what it would do otherwise, and each call is told once', async () => {
    const { watched, calls } = open(createMemoryStore());

    expect(await watched.create('a', 'one', LONG)).toBe(true);
    expect(await watched.create('a', 'two', LONG)).toBe(false);
    expect(await watched.replace('a', 'one', 'two', LONG)).toBe(true);
    expect(await watched.get('a')).toBe('two');
    expect(await watched.remove('a', 'two')).toBe(true);

    expect(calls).toEqual(['create', 'create', 'replace', 'get', 'remove'].map((method) => [method, 'OK']));
  });

  it('throws what it would throw otherwise, and its code is told', async () => {
    const down = new ParleyError('STORE_UNAVAILABLE', 'Down.', { retryable: true });
    const { watched, calls } = open({
      ...createMemoryStore(),
      get: () => Promise.reject(down),
      remove: () => Promise.reject(new TypeError('a fault of ours')),
    });

    await expect(watched.get('a')).rejects.toBe(down);
    await expect(watched.remove('a', 'one')).rejects.toThrow(TypeError);

    expect(calls).toEqual([
      ['get', 'STORE_UNAVAILABLE'],
      ['remove', 'INTERNAL_SERVER_ERROR'],
    ]);
  });

  it('is the same for what is remembered of events, where an old cursor is no failure', async () => {
    const calls: [string, string][] = [];
    const live = observeLiveStore(createMemoryLiveStore({ keep: LONG, maxCharacters: 1 }), {
      call: (method, outcome) => void calls.push([method, outcome]),
    });
    const commit = { accountId: 'a', key: 'k', expected: undefined, state: 's', activityAt: 1 };

    expect(await live.commit({ ...commit, changes: ['one', 'two'] })).toBe(true);
    expect(await live.read('a', ['k'])).toEqual(['s']);
    expect(await live.latest('a', undefined, 1)).toEqual([{ key: 'k', activityAt: 1, state: 's' }]);
    expect(await live.position()).toMatchObject({ last: expect.any(String) });
    await expect(live.changes(['a'], '0-0', 1)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });

    expect(calls).toEqual(
      ['commit', 'read', 'latest', 'position', 'changes'].map((method) => [method, 'OK']),
    );
  });
});
