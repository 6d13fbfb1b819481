import { getEventListeners, getMaxListeners } from 'node:events';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ReadAnswer, SharedReads, SharedReadsOptions } from '../../src/http/sharedReads.ts';
import { createSharedReads } from '../../src/http/sharedReads.ts';
import { ParleyError } from '../../src/messaging/errors.ts';

/** A call to a far side that a test lets answer. */
interface Call {
  readonly key: string;
  readonly signal: AbortSignal;
  readonly answer: (value: unknown, size?: number) => Promise<void>;
  readonly fail: (error: Error) => Promise<void>;
}

interface Reading {
  readonly value: Promise<unknown>;
  readonly leave: () => void;
  readonly signal: AbortSignal;
}

function createFarSide(options: Partial<SharedReadsOptions> = {}) {
  const calls: Call[] = [];
  const shared: string[] = [];
  const reads = createSharedReads({ cacheFor: 0, shared: (how) => void shared.push(how), ...options });
  const read = (key = 'a key'): Reading => {
    const caller = new AbortController();
    const ended = () => new ParleyError('CANCELLED', 'left');
    const value = reads.read(key, { signals: [caller.signal], ended }, ({ signal }) => {
      let settle!: (answer: ReadAnswer) => void;
      let fail!: (error: Error) => void;
      const loading = new Promise<ReadAnswer>((resolve, reject) => {
        settle = resolve;
        fail = reject;
      });
      const later = () => turnOfTheEventLoop();
      calls.push({
        ...{ key, signal },
        answer: (value, size = 10) => (settle({ value, size }), later()),
        fail: (error) => (fail(error), later()),
      });
      return loading;
    });
    value.catch(() => undefined);
    return { value, leave: () => caller.abort(), signal: caller.signal };
  };
  return { reads, calls, shared, read };
}

describe('equal reads that are asked for at once', () => {
  it('are one call, and all are given its answer', async () => {
    const { calls, shared, read } = createFarSide();
    const readings = [read(), read(), read()];
    expect(calls).toHaveLength(1);
    await calls[0]!.answer('answered');
    expect(await Promise.all(readings.map(({ value }) => value))).toEqual(new Array(3).fill('answered'));
    expect(shared).toEqual(['in_flight', 'in_flight']);
  });

  it('fail all together, with the same error', async () => {
    const { calls, read } = createFarSide();
    const readings = [read(), read()];
    const error = new ParleyError('PROVIDER_UNAVAILABLE', 'gone');
    await calls[0]!.fail(error);
    for (const { value } of readings) await expect(value).rejects.toBe(error);
  });

  it('are calls of their own once the one is over, however it ended', async () => {
    const { calls, read } = createFarSide();
    read();
    await calls[0]!.answer('one');
    read();
    await calls[1]!.fail(new Error('gone'));
    const third = read();
    await calls[2]!.answer('three');
    expect(await third.value).toBe('three');
  });

  it('are calls of their own where anything that they depend on differs', () => {
    const { calls, shared, read } = createFarSide();
    for (const key of ['one', 'other', 'One', '']) read(key);
    expect(calls).toHaveLength(4);
    expect(shared).toEqual([]);
  });

  it('leave no listener behind at those who have read', async () => {
    const { calls, read } = createFarSide();
    const readings = [read(), read()];
    await calls[0]!.answer('answered');
    for (const { signal } of readings) expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('a reader who leaves', () => {
  it('is let go at once, and the others are not touched, whoever asked first', async () => {
    for (const leaving of [0, 1, 2]) {
      const { calls, read } = createFarSide();
      const readings = [read(), read(), read()];
      readings[leaving]!.leave();
      await expect(readings[leaving]!.value).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(calls[0]!.signal.aborted).toBe(false);
      const late = read();
      expect(calls).toHaveLength(1);
      await calls[0]!.answer('answered');
      for (const [index, { value }] of [...readings, late].entries())
        if (index !== leaving) expect(await value).toBe('answered');
    }
  });

  it('ends the call when nobody is left, and whoever comes then has one of their own', async () => {
    const { calls, read } = createFarSide();
    const readings = [read(), read()];
    for (const { leave, value } of readings) {
      expect(calls[0]!.signal.aborted).toBe(false);
      leave();
      await expect(value).rejects.toMatchObject({ code: 'CANCELLED' });
    }
    expect(calls[0]!.signal.aborted).toBe(true);
    const late = read();
    expect(calls).toHaveLength(2);
    await calls[0]!.fail(new Error('aborted'));
    await calls[1]!.answer('another');
    expect(await late.value).toBe('another');
  });

  it('does not end a call that is over', async () => {
    const { calls, read } = createFarSide();
    const { leave } = read();
    await calls[0]!.answer('answered');
    leave();
    expect(calls[0]!.signal.aborted).toBe(false);
  });

  it('are as many as an operation likes: nobody is told that they were a leak', async () => {
    const { reads } = createFarSide();
    const { signal } = new AbortController();
    const ended = () => new ParleyError('CANCELLED', 'left');

    await reads.read('a key', { signals: [signal], ended }, () =>
      Promise.resolve({ value: 'answered', size: 1 }),
    );

    expect(getMaxListeners(signal)).toBe(Infinity);
  });

  it('asks nothing when they had left before', async () => {
    const { reads, calls, read } = createFarSide({ cacheFor: 60_000 });
    read();
    await calls[0]!.answer('kept');
    const ended = () => new ParleyError('CANCELLED', 'left');
    const load = () => Promise.reject(new Error('asked'));
    for (const key of ['a key', 'another'])
      await expect(reads.read(key, { signals: [AbortSignal.abort()], ended }, load)).rejects.toMatchObject({
        code: 'CANCELLED',
      });
  });
});

describe('a write', () => {
  it('keeps those who read after it from what was asked for before it', async () => {
    const { reads, calls, read } = createFarSide({ cacheFor: 60_000 });
    const before = read();
    reads.drop();
    const after = read();
    expect(calls).toHaveLength(2);
    const joining = read();
    expect(calls).toHaveLength(2);

    await calls[1]!.answer('new');
    await calls[0]!.answer('old');
    expect(await before.value).toBe('old');
    for (const { value } of [after, joining, read()]) expect(await value).toBe('new');
    expect(calls).toHaveLength(2);
  });

  it('drops what is kept, and what was read before it is not kept when it comes later', async () => {
    const { reads, calls, read } = createFarSide({ cacheFor: 60_000 });
    read('kept');
    read('under way');
    await calls[0]!.answer('old');
    reads.drop();
    await calls[1]!.answer('old');
    for (const key of ['kept', 'under way']) read(key);
    expect(calls).toHaveLength(4);
  });

  it('does not keep a call alive whose readers have left', async () => {
    const { reads, calls, read } = createFarSide();
    const before = read();
    reads.drop();
    const after = read();
    before.leave();
    await expect(before.value).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    // Nor is the later one forgotten by that.
    read();
    expect(calls).toHaveLength(2);
    await calls[1]!.answer('new');
    expect(await after.value).toBe('new');
  });
});

describe('what is kept', () => {
  it('is nothing by default', async () => {
    const { calls, read } = createFarSide();
    read();
    await calls[0]!.answer('answered');
    read();
    expect(calls).toHaveLength(2);
  });

  it('is given again for its time, and then no more', async () => {
    const { calls, shared, read } = createFarSide({ cacheFor: 60_000 });
    read();
    await calls[0]!.answer('kept');
    expect(await read().value).toBe('kept');
    expect(shared).toEqual(['cache']);

    const short = createFarSide({ cacheFor: 20 });
    short.read();
    await short.calls[0]!.answer('kept');
    while (short.calls.length === 1) {
      short.read();
      await turnOfTheEventLoop();
    }
  });

  it('are no errors', async () => {
    const { calls, read } = createFarSide({ cacheFor: 60_000 });
    read();
    await calls[0]!.fail(new Error('gone'));
    read();
    expect(calls).toHaveLength(2);
  });

  it('is also what means nothing: null, and an empty text', async () => {
    const { calls, read } = createFarSide({ cacheFor: 60_000 });
    for (const [index, value] of [null, '', 0, false].entries()) {
      read(`key ${index}`);
      await calls[index]!.answer(value, 0);
      expect(await read(`key ${index}`).value).toBe(value);
    }
    expect(calls).toHaveLength(4);
  });

  it('are a thousand answers at the most, the ones that were asked for last', async () => {
    const { calls, read } = createFarSide({ cacheFor: 60_000 });
    for (let index = 0; index <= 1_000; index += 1) {
      read(`key ${index}`);
      await calls[index]!.answer(index);
    }
    for (const index of [1, 500, 1_000]) expect(await read(`key ${index}`).value).toBe(index);
    read('key 0');
    expect(calls).toHaveLength(1_002);
  });

  it('are sixteen million characters at the most, of which no answer has more than a quarter', async () => {
    const MILLION = 1024 * 1024;
    const { calls, read } = createFarSide({ cacheFor: 60_000 });
    const keep = async (key: string, size: number) => {
      read(key);
      await calls.at(-1)!.answer(key, size);
    };
    const isKept = (key: string) => {
      const before = calls.length;
      read(key);
      return calls.length === before;
    };
    await keep('too large', 4 * MILLION + 1);
    expect(isKept('too large')).toBe(false);
    for (const key of ['one', 'two', 'three', 'four']) await keep(key, 4 * MILLION);
    for (const key of ['one', 'two', 'three', 'four']) expect(isKept(key)).toBe(true);
    await keep('five', 1);
    expect(['five', 'four', 'one'].map(isKept)).toEqual([true, true, false]);
  });
});

type Act =
  { readonly is: 'read' | 'write' } | { readonly is: 'leave' | 'answer' | 'fail'; readonly which: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ is: 'read' as const }) },
  { weight: 1, arbitrary: fc.constant({ is: 'write' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      is: fc.constantFrom('leave' as const, 'answer' as const, 'answer' as const, 'fail' as const),
      which: fc.nat(100),
    }),
  },
);

describe('whoever reads, writes, leaves and answers in whatever order,', () => {
  it.each([0, 60_000])(
    'nobody is given what is older than the last write before they asked, nor asks what is under way (cache %i)',
    async (cacheFor) => {
      await fc.assert(
        fc.asyncProperty(fc.array(act, { maxLength: 60, size: 'max' }), async (acts) => {
          await live(createFarSide({ cacheFor }), acts);
        }),
      );
    },
  );
});

async function live(
  { reads, calls, read }: { reads: SharedReads; calls: Call[]; read: () => Reading },
  acts: readonly Act[],
): Promise<void> {
  let writes = 0;
  /** By call, what had been written when it was asked for, and whether it is over. */
  const asOf: number[] = [];
  const over = new Set<number>();
  const readings: (Reading & { readonly since: number })[] = [];
  for (const act of acts) {
    if (act.is === 'read') {
      const underWay = calls.findLastIndex(
        (call, index) => !over.has(index) && !call.signal.aborted && asOf[index] === writes,
      );
      const before = calls.length;
      readings.push({ ...read(), since: writes });
      if (calls.length > before) asOf.push(writes);
      if (underWay !== -1) expect(calls).toHaveLength(before);
    } else if (act.is === 'write') {
      writes += 1;
      reads.drop();
    } else if (act.is === 'leave') {
      readings[act.which % Math.max(1, readings.length)]?.leave();
      await turnOfTheEventLoop();
    } else {
      const index = ('which' in act ? act.which : 0) % Math.max(1, calls.length);
      if (!calls[index] || over.has(index)) continue;
      over.add(index);
      await (act.is === 'answer' ? calls[index].answer(asOf[index]) : calls[index].fail(new Error('gone')));
    }
  }
  for (const [index, call] of calls.entries()) await call.answer(asOf[index]);
  for (const { value, since } of readings) {
    const given = await value.catch(() => Infinity);
    expect(given).toBeGreaterThanOrEqual(since);
  }
}
