import { describe, expect, it } from '@jest/globals';
import { traced } from '../../src/graph/traced.ts';
import { createDeadline } from '../../src/messaging/deadline.ts';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { ReadContext } from '../../src/messaging/provider.ts';
import type { Span } from '../../src/messaging/span.ts';
import { createUpstreamCalls } from '../../src/messaging/upstreamCalls.ts';
import { unshared } from '../../src/messaging/viewer.ts';

/** A span that remembers what was begun below it, and how that ended. */
function createSpan(ended: string[], name = 'operation'): Span {
  return {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    child: (childName) => createSpan(ended, `${name} > ${childName}`),
    rename: () => undefined,
    set: () => undefined,
    end: (code = 'OK') => void ended.push(`${name}: ${code}`),
  };
}

/** What an operation reads with; its deadline can be renewed, as after a write. */
function createRead(span: Span | undefined) {
  let deadline = createDeadline(60_000);
  deadline.end();
  const read: ReadContext = {
    signal: new AbortController().signal,
    span,
    get deadline() {
      return deadline;
    },
    calls: createUpstreamCalls(),
    header: () => 'a header',
    share: (_key, load) => load(),
  };
  return {
    read,
    renew() {
      deadline = createDeadline(60_000);
      deadline.end();
      return deadline;
    },
  };
}

const accounts = { all: [], count: 0, get: () => undefined };

describe('a batch in a trace', () => {
  const load = <T>(read: ReadContext, work: (context: ReadContext) => Promise<T>) =>
    traced({ read, accounts, refs: [], name: 'load' }, work);

  it('gives its calls a place below its own', async () => {
    const ended: string[] = [];
    const { read } = createRead(createSpan(ended));
    await load(read, (context) => Promise.resolve(context.span?.child('call').end()));
    expect(ended).toEqual(['operation > load > call: OK', 'operation > load: OK']);
  });

  it('has everything else of the operation, also where that is handed on as a copy', async () => {
    const { read } = createRead(createSpan([]));
    await load(read, (context) => {
      const own = { span: 'its own', share: 'its own' };
      expect(Object.assign(unshared(context), own)).toEqual(Object.assign(unshared(read), own));
      return Promise.resolve();
    });
  });

  it('goes by the deadline that the operation has now', async () => {
    const operation = createRead(createSpan([]));
    await load(operation.read, (context) => {
      const renewed = operation.renew();
      expect(context.deadline).toBe(renewed);
      return Promise.resolve();
    });
  });

  it.each([
    ['that failed', () => Promise.reject(new ParleyError('PROVIDER_FORBIDDEN', 'x')), 'PROVIDER_FORBIDDEN'],
    [
      'of which a part failed',
      () => Promise.resolve([null, new ParleyError('PROVIDER_TIMEOUT', 'x')]),
      'PROVIDER_TIMEOUT',
    ],
    ['with a mistake of ours', () => Promise.reject(new TypeError('x')), 'INTERNAL_SERVER_ERROR'],
  ])('says of one %s with which code', async (_what, work: () => Promise<unknown>, code) => {
    const ended: string[] = [];
    await load(createRead(createSpan(ended)).read, work).catch(() => undefined);
    expect(ended).toEqual([`operation > load: ${code}`]);
  });

  it('is nothing at all where nothing is traced', async () => {
    const { read } = createRead(undefined);
    await load(read, (context) => {
      expect(context).toBe(read);
      return Promise.resolve();
    });
  });
});
