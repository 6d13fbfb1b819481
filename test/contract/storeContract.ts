import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Store } from '../../src/messaging/store.ts';

/** What the suite needs of a kind of store. */
export interface StoreSubject {
  readonly store: Store;
  /** Lets milliseconds pass, where the store's clock is the test's. */
  readonly advance?: (milliseconds: number) => void;
  readonly close: () => Promise<void>;
}

const LONG = 60_000;
const SHORT = 1;

/** Every promise of the port, whatever is behind it. */
export function describeStore(name: string, open: () => Promise<StoreSubject>): void {
  describe(`the ${name} store`, () => {
    let subject: StoreSubject;
    let store: Store;
    beforeAll(async () => {
      subject = await open();
      store = subject.store;
    });
    afterAll(() => subject.close());

    /** Comes back when something that was given the time to live after everything else is gone. */
    async function outlive(timeToLive: number): Promise<void> {
      const witness = randomUUID();
      await store.create(witness, 'x', timeToLive);
      subject.advance?.(timeToLive);
      while ((await store.get(witness)) !== undefined);
    }

    async function holding(value: string, timeToLive = LONG): Promise<string> {
      const key = randomUUID();
      expect(await store.create(key, value, timeToLive)).toBe(true);
      return key;
    }

    it('has nothing where nothing was written', async () => {
      expect(await store.get(randomUUID())).toBeUndefined();
    });

    it('creates what is not there, and gives it back', async () => {
      const key = await holding('one');

      expect(await store.get(key)).toBe('one');
    });

    it('does not create what is there', async () => {
      const key = await holding('one');

      expect(await store.create(key, 'two', LONG)).toBe(false);
      expect(await store.create(key, 'one', LONG)).toBe(false);
      expect(await store.get(key)).toBe('one');
    });

    it('replaces exactly what is expected', async () => {
      const key = await holding('one');

      expect(await store.replace(key, 'one', 'two', LONG)).toBe(true);
      expect(await store.get(key)).toBe('two');
    });

    it.each(['One', 'one ', 'on', ''])('does not replace "one" by who expects "%s"', async (expected) => {
      const key = await holding('one');

      expect(await store.replace(key, expected, 'two', LONG)).toBe(false);
      expect(await store.get(key)).toBe('one');
    });

    it('does not replace what is not there', async () => {
      const key = randomUUID();

      expect(await store.replace(key, '', 'two', LONG)).toBe(false);
      expect(await store.replace(key, 'undefined', 'two', LONG)).toBe(false);
      expect(await store.get(key)).toBeUndefined();
    });

    it('removes exactly what is expected', async () => {
      const key = await holding('one');

      expect(await store.remove(key, 'two')).toBe(false);
      expect(await store.get(key)).toBe('one');
      expect(await store.remove(key, 'one')).toBe(true);
      expect(await store.get(key)).toBeUndefined();
      expect(await store.remove(key, 'one')).toBe(false);
    });

    it('creates again what was removed', async () => {
      const key = await holding('one');
      await store.remove(key, 'one');

      expect(await store.create(key, 'two', LONG)).toBe(true);
      expect(await store.get(key)).toBe('two');
    });

    it('lets one of fifty create the same', async () => {
      const key = randomUUID();
      const values = Array.from({ length: 50 }, (_, index) => `value ${index}`);

      const created = await Promise.all(values.map((value) => store.create(key, value, LONG)));

      expect(created.filter(Boolean)).toHaveLength(1);
      expect(await store.get(key)).toBe(values[created.indexOf(true)]);
    });

    it('lets one of fifty replace the same', async () => {
      const key = await holding('one');
      const values = Array.from({ length: 50 }, (_, index) => `value ${index}`);

      const replaced = await Promise.all(values.map((value) => store.replace(key, 'one', value, LONG)));

      expect(replaced.filter(Boolean)).toHaveLength(1);
      expect(await store.get(key)).toBe(values[replaced.indexOf(true)]);
    });

    it('lets one of fifty remove the same', async () => {
      const key = await holding('one');

      const removed = await Promise.all(Array.from({ length: 50 }, () => store.remove(key, 'one')));

      expect(removed.filter(Boolean)).toHaveLength(1);
    });

    it('loses none of fifty changes at once', async () => {
      const key = randomUUID();
      const increment = async () => {
        for (;;) {
          const text = await store.get(key);
          const written =
            text === undefined
              ? await store.create(key, '1', LONG)
              : await store.replace(key, text, String(Number(text) + 1), LONG);
          if (written) return;
        }
      };

      await Promise.all(Array.from({ length: 50 }, increment));

      expect(await store.get(key)).toBe('50');
    });

    it.each([
      ['nothing at all', ''],
      ['other scripts', 'Здравствуйте, 您好, שלום, नमस्ते'],
      ['characters beyond the first plane', '👩‍👩‍👧‍👦 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \u{10FFFF}'],
      ['a composed and a decomposed letter', '\u00E9 e\u0301'],
      ['what ends a line somewhere', 'a\r\nb\nc\u2028d\u2029e\u0085'],
      ['control and no characters', 'a\0b\u001B\uFEFF\uFFFE\uFFFF'],
      ['what looks like a protocol', '$-1\r\n*0\r\n+OK\r\n%s ${x}'],
      ['what looks like a number', '007'],
      ['200 KB', 'é'.repeat(100_000)],
    ])('keeps %s as it is', async (_what, value) => {
      const key = await holding(value);

      expect(await store.get(key)).toBe(value);
      expect(await store.replace(key, value, `${value}!`, LONG)).toBe(true);
      expect(await store.replace(key, `${value}!`, value, LONG)).toBe(true);
      expect(await store.remove(key, value)).toBe(true);
    });

    it('tells keys apart that look alike', async () => {
      const key = randomUUID();
      const looks = ['', ' ', ':', '*', '\0', '\n', 'é', 'e\u0301', 'É', '__proto__', '{a}', '{b}'];
      const keys = looks.flatMap((look) => [`${key}${look}`, `${look}${key}.`]);

      for (const each of keys) expect(await store.create(each, each, LONG)).toBe(true);

      for (const each of keys) expect(await store.get(each)).toBe(each);
    });

    it('forgets an entry when its time is over, so that it can be created again', async () => {
      const key = await holding('one', SHORT);
      await outlive(SHORT);

      expect(await store.get(key)).toBeUndefined();
      expect(await store.replace(key, 'one', 'two', LONG)).toBe(false);
      expect(await store.remove(key, 'one')).toBe(false);
      expect(await store.create(key, 'two', LONG)).toBe(true);
    });

    it('gives what is replaced the time of its new value', async () => {
      const key = await holding('one', LONG);

      await store.replace(key, 'one', 'two', SHORT);

      await outlive(SHORT);
      expect(await store.get(key)).toBeUndefined();
    });

    it('leaves the time as it is where nothing is written', async () => {
      const key = await holding('one', LONG);

      await store.replace(key, 'two', 'three', SHORT);
      await store.create(key, 'two', SHORT);

      await outlive(SHORT);
      expect(await store.get(key)).toBe('one');
    });
  });
}
