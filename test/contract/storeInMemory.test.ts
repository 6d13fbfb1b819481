import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/store/createMemoryStore.ts';

const FULL = { code: 'STORE_UNAVAILABLE', retryable: true };

describe('what is special about the memory store', () => {
  function createStore(maxEntries: number) {
    let time = 0;
    return {
      store: createMemoryStore({ maxEntries, now: () => time }),
      advance: (milliseconds: number) => void (time += milliseconds),
    };
  }

  it('keeps an entry until the very end of its time', async () => {
    const { store, advance } = createStore(10);
    await store.create('a', 'one', 100);

    advance(99);
    expect(await store.get('a')).toBe('one');
    advance(1);
    expect(await store.get('a')).toBeUndefined();
  });

  it('counts the time of what is replaced from then on', async () => {
    const { store, advance } = createStore(10);
    await store.create('a', 'one', 100);
    advance(60);
    await store.replace('a', 'one', 'two', 100);

    advance(60);

    expect(await store.get('a')).toBe('two');
  });

  it('refuses what is new when it is full, and loses nothing for it', async () => {
    const { store } = createStore(3);
    for (const key of ['a', 'b', 'c']) await store.create(key, key, 100);

    await expect(store.create('d', 'd', 100)).rejects.toMatchObject(FULL);

    expect(await store.get('d')).toBeUndefined();
    for (const key of ['a', 'b', 'c']) expect(await store.get(key)).toBe(key);
  });

  it('changes and removes what it has when it is full, and has room again then', async () => {
    const { store } = createStore(2);
    await store.create('a', 'one', 100);
    await store.create('b', 'one', 100);

    expect(await store.create('a', 'two', 100)).toBe(false);
    expect(await store.replace('a', 'one', 'two', 100)).toBe(true);
    expect(await store.remove('b', 'one')).toBe(true);
    expect(await store.create('c', 'one', 100)).toBe(true);
  });

  it('has room again when the time of something is over, although nobody asks for it', async () => {
    const { store, advance } = createStore(3);
    await store.create('a', 'a', 1_000);
    await store.create('b', 'b', 100);
    await store.create('c', 'c', 1_000);
    advance(100);

    expect(await store.create('d', 'd', 100)).toBe(true);
    await expect(store.create('e', 'e', 100)).rejects.toMatchObject(FULL);
  });

  it('lets nothing that is over pile up: without end, ten thousand at a time fit into twice the room', async () => {
    const { store, advance } = createStore(20_000);

    for (let index = 0; index < 200_000; index += 1) {
      await store.create(`key ${index}`, 'x', 10_000);
      advance(1);
    }

    expect(await store.get('key 199999')).toBe('x');
  });
});
