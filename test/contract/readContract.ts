import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { PageRequest, Position } from '../../src/messaging/paging.ts';
import type { Message, Provider, ReadContext } from '../../src/messaging/provider.ts';
import type { Emulator, Fault, Sandbox } from '../../src/sandbox/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { EACH_FAULT_BY_ITSELF, openSandboxAccounts } from '../openSandboxAccounts.ts';
import { createUpstreamCalls } from '../../src/messaging/upstreamCalls.ts';
import { accountsOf } from './writeSubjects.ts';

/** What the suite needs to know of a provider's half of the sandbox. */
export interface Subject {
  readonly accountId: string;
  readonly emulator: Emulator;
  /** Conversations by what is special about them. */
  readonly conversations: {
    /** 2,000 messages. */
    readonly long: string;
    /** No message. */
    readonly empty: string;
    /** Several messages at the very same time. */
    readonly sameTime: string;
    /** Well-formed, and not there. */
    readonly unknown: string;
  };
  /** The ids of the messages that are stored, oldest first. */
  stored(conversationId: string): string[];
  /** A customer, or the other side, writes. Gives the message's id. */
  arrive(conversationId: string): string;
  /** How many calls the oldest messages cost: one more where a list's length has to be known first. */
  readonly callsForOldest: number;
  /** Makes one row of the list unreadable in the next answer of messages. */
  readonly spoilFirstRow: (body: any) => unknown;
}

/** Reading, as every adapter must do it, whatever its provider's own way. */
export function describeReading(name: string, subjectOf: (sandbox: Sandbox) => Subject): void {
  describe(`reading from ${name}`, () => {
    let sandbox: Sandbox;
    let subject: Subject;
    let provider: Provider;
    let close: () => Promise<void>;

    beforeAll(async () => {
      sandbox = await startSandbox();
      subject = subjectOf(sandbox);
      const accounts = openSandboxAccounts(accountsOf(sandbox), {
        ...EACH_FAULT_BY_ITSELF,
        readTimeout: 2_000,
      });
      provider = accounts.registry.get(subject.accountId)!.provider;
      close = accounts.close;
    });
    afterAll(async () => {
      await close();
      await sandbox.close();
    });
    beforeEach(() => {
      sandbox.reset();
    });

    const { long, empty, sameTime, unknown } = subjectOf(NO_SANDBOX).conversations;
    const read = (conversationId: string, request: PageRequest) =>
      provider.loadMessages(conversationId, request, readContext());

    /** Walks pages of the given sizes, in turn, to the end of the list; gives the ids in the list's order. */
    async function walk(
      conversationId: string,
      direction: 'forward' | 'backward',
      sizes: readonly number[],
      between?: () => void,
    ) {
      let ids: string[] = [];
      let from: Position | undefined;
      for (let page = 0; page < 500; page += 1) {
        const size = sizes[page % sizes.length]!;
        const { items, hasMore } = await read(conversationId, { direction, size, ...(from && { from }) });
        const pageIds = items.map(({ item }) => item.externalId);
        ids = direction === 'forward' ? [...ids, ...pageIds] : [...pageIds, ...ids];
        if (!hasMore) return ids;
        from = (direction === 'forward' ? items.at(-1) : items[0])!.position;
        between?.();
      }
      throw new Error('the walk does not end');
    }

    it('gives the newest messages, oldest of them first, in one call', async () => {
      const { items, hasMore } = await read(long, { direction: 'backward', size: 20 });

      expect(items.map(({ item }) => item.externalId)).toEqual(subject.stored(long).slice(-20));
      expect(hasMore).toBe(true);
      expect(subject.emulator.requests).toHaveLength(1);
    });

    it('gives the oldest messages in as few calls as there can be', async () => {
      const { items, hasMore } = await read(long, { direction: 'forward', size: 20 });

      expect(items.map(({ item }) => item.externalId)).toEqual(subject.stored(long).slice(0, 20));
      expect(hasMore).toBe(true);
      expect(subject.emulator.requests).toHaveLength(subject.callsForOldest);
    });

    it.each(['forward', 'backward'] as const)(
      'gives every message once when 2,000 are walked %s',
      async (direction) => {
        expect(await walk(long, direction, [200, 1, 20, 100, 137])).toEqual(subject.stored(long));
      },
    );

    it.each(['forward', 'backward'] as const)(
      'gives every message once when several have the very same time, walked %s',
      async (direction) => {
        expect(await walk(sameTime, direction, [1, 2, 3])).toEqual(subject.stored(sameTime));
      },
    );

    it('loses and repeats nothing while messages arrive on the way back', async () => {
      const before = subject.stored(long);

      const walked = await walk(long, 'backward', [150, 60], () => subject.arrive(long));

      expect(walked).toEqual(before);
    });

    it('comes to what arrived on the way forward', async () => {
      const arrived: string[] = [];

      const walked = await walk(long, 'forward', [200], () => arrived.push(subject.arrive(long)));

      expect(walked).toEqual(subject.stored(long));
      expect(walked.slice(-arrived.length)).toEqual(arrived);
    });

    it('says that there is nothing more after the newest message, and finds what comes then', async () => {
      const { items } = await read(long, { direction: 'backward', size: 1 });
      const from = items[0]!.position;
      expect(await read(long, { direction: 'forward', size: 20, from })).toMatchObject({
        items: [],
        hasMore: false,
      });

      const arrived = [subject.arrive(long), subject.arrive(long)];

      const next = await read(long, { direction: 'forward', size: 20, from });
      expect(next.items.map(({ item }) => item.externalId)).toEqual(arrived);
    });

    it.each([
      ['backward', 3],
      ['forward', 3],
      ['backward', 10],
      ['forward', 10],
    ] as const)(
      'goes on in both directions from any place met on a walk %s of %i pages',
      async (direction, pages) => {
        const all = subject.stored(long);
        let from: Position | undefined;
        let items: Awaited<ReturnType<typeof read>>['items'] = [];
        for (let page = 0; page < pages; page += 1) {
          ({ items } = await read(long, { direction, size: 97, ...(from && { from }) }));
          from = (direction === 'forward' ? items.at(-1) : items[0])!.position;
        }
        for (const { item, position } of [items[0]!, items[40]!, items.at(-1)!]) {
          const at = all.indexOf(item.externalId);
          subject.emulator.clearRequests();
          const older = await read(long, { direction: 'backward', size: 30, from: position });
          expect(subject.emulator.requests.length).toBeLessThanOrEqual(20);
          const newer = await read(long, { direction: 'forward', size: 30, from: position });

          expect(older.items.map((row) => row.item.externalId)).toEqual(all.slice(Math.max(0, at - 30), at));
          expect(older.hasMore).toBe(at > 30);
          expect(newer.items.map((row) => row.item.externalId)).toEqual(all.slice(at + 1, at + 31));
          expect(newer.hasMore).toBe(at + 31 < all.length);
        }
      },
    );

    it('gives an empty page for a conversation without messages', async () => {
      expect(await read(empty, { direction: 'backward', size: 20 })).toMatchObject({
        items: [],
        hasMore: false,
      });
      expect(await read(empty, { direction: 'forward', size: 20 })).toMatchObject({
        items: [],
        hasMore: false,
      });
    });

    it('tells a conversation that does not exist from one that is empty', async () => {
      await expect(read(unknown, { direction: 'backward', size: 20 })).rejects.toMatchObject({
        name: 'NotFoundError',
      });

      const [there, missing, strange] = await provider.loadConversations(
        [empty, unknown, '../x'],
        readContext(),
      );
      expect(there).toMatchObject({ accountId: subject.accountId, externalId: empty });
      expect(missing).toBeNull();
      expect(strange).toBeNull();
    });

    it('makes no call for ids that the provider can not have given', async () => {
      await expect(read('../../x', { direction: 'backward', size: 20 })).rejects.toMatchObject({
        name: 'NotFoundError',
      });
      expect(subject.emulator.requests).toHaveLength(0);
    });

    it('finds messages by id together, in the order asked for, and says which do not exist', async () => {
      const [newest, older, oldest] = [
        subject.stored(long).at(-1)!,
        subject.stored(long).at(-70)!,
        subject.stored(long)[0]!,
      ];
      const missing = '9'.repeat(12);

      const found = await provider.findMessages(long, [older, missing, newest], readContext());
      expect(found.map(idOf)).toEqual([older, null, newest]);

      const [first] = await provider.findMessages(long, [oldest], readContext());
      expect(idOf(first!)).toBe(oldest);
    });

    it('finds a hundred of the newest messages in one call', async () => {
      const ids = subject.stored(long).slice(-100);

      const found = await provider.findMessages(long, ids, readContext());

      expect(found.map(idOf)).toEqual(ids);
      expect(subject.emulator.requests).toHaveLength(1);
    });

    it('lists conversations, newest first, each once and the same both ways, or has no method for it', async () => {
      if (!provider.listConversations) {
        expect(provider.name).toBe('LETSTALK');
        return;
      }
      const walks = await Promise.all(
        (['forward', 'backward'] as const).map(async (direction) => {
          let ids: string[] = [];
          const instants: string[] = [];
          let from: Position | undefined;
          for (;;) {
            const page = await provider.listConversations!(
              { direction, size: 7, ...(from && { from }) },
              readContext(),
            );
            const pageIds = page.items.map(({ item }) => item.externalId);
            const instantOf = provider.listedBy === 'ACTIVITY' ? 'lastActivityAt' : 'createdAt';
            instants.push(...page.items.map(({ item }) => item[instantOf]!));
            ids = direction === 'forward' ? [...ids, ...pageIds] : [...pageIds, ...ids];
            if (!page.hasMore) return { ids, instants };
            from = (direction === 'forward' ? page.items.at(-1) : page.items[0])!.position;
          }
        }),
      );
      const [forward, backward] = walks as [(typeof walks)[0], (typeof walks)[0]];
      expect(forward.ids.length).toBeGreaterThan(10);
      expect(new Set(forward.ids).size).toBe(forward.ids.length);
      expect(backward.ids).toEqual(forward.ids);
      expect(forward.instants).toEqual(forward.instants.toSorted().reverse());
    });

    it.each<[string, Fault, string]>([
      ['401', 401, 'PROVIDER_UNAUTHENTICATED'],
      ['402', 402, 'PROVIDER_PAYMENT_REQUIRED'],
      ['403', 403, 'PROVIDER_FORBIDDEN'],
      ['410', 410, 'PROVIDER_GONE'],
      ['418', 418, 'PROVIDER_REJECTED'],
      ['429', 429, 'PROVIDER_RATE_LIMITED'],
      ['500', 500, 'PROVIDER_UNAVAILABLE'],
      ['503', 503, 'PROVIDER_UNAVAILABLE'],
      ['a reset', { reset: true }, 'PROVIDER_UNAVAILABLE'],
      ['a redirect', { redirect: 'http://127.0.0.1:9/stolen' }, 'PROVIDER_CONTRACT'],
      ['an HTML page', { html: true }, 'PROVIDER_CONTRACT'],
      ['half of the JSON', { truncate: true }, 'PROVIDER_CONTRACT'],
      ['no JSON', { malformed: true }, 'PROVIDER_CONTRACT'],
      [
        'status 200 with an error',
        { status: 200, body: { status: 'error', message: 'no' } },
        'PROVIDER_CONTRACT',
      ],
      ['more than is read', { oversize: 33 * 1024 * 1024 }, 'PROVIDER_CONTRACT'],
      ['silence', { hang: true }, 'PROVIDER_TIMEOUT'],
      ['silence in the middle', { hangBody: true }, 'PROVIDER_TIMEOUT'],
    ])('turns %s into a coded error that names the account', async (_what, fault, code) => {
      subject.emulator.failNext(fault, { times: Infinity });

      const error: unknown = await read(long, { direction: 'backward', size: 5 }).catch(
        (thrown: unknown) => thrown,
      );

      expect(error).toBeInstanceOf(ParleyError);
      expect(error).toMatchObject({
        code,
        source: { provider: provider.name, accountId: subject.accountId },
      });
    });

    it('gets over failures that pass', async () => {
      subject.emulator.failNext(500);
      subject.emulator.failNext({ reset: true });

      expect((await read(long, { direction: 'backward', size: 5 })).items).toHaveLength(5);
    });

    it('loses a row that can not be read, and not its page', async () => {
      subject.emulator.failNext({ body: subject.spoilFirstRow });

      const { items } = await read(sameTime, { direction: 'forward', size: 200 });

      expect(items).toHaveLength(subject.stored(sameTime).length - 1);
    });

    it('stops when the caller is gone', async () => {
      const gone = new AbortController();
      subject.emulator.failNext({ hang: true });
      const reading = provider.loadMessages(
        long,
        { direction: 'backward', size: 5 },
        readContext(gone.signal),
      );
      gone.abort();

      await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
    });
  });
}

function idOf(message: Message | Error | null): string | null {
  if (message instanceof Error) throw message;
  return message?.externalId ?? null;
}

function readContext(signal = new AbortController().signal): ReadContext {
  const shared = new Map<string, Promise<unknown>>();
  return {
    signal,
    calls: createUpstreamCalls(),
    header: () => undefined,
    share: <T>(key: string, load: () => Promise<T>) => {
      if (!shared.has(key)) shared.set(key, load());
      return shared.get(key) as Promise<T>;
    },
  };
}

// Names are needed before the sandbox runs: what a subject says of them does not depend on it.
const NO_SANDBOX = {} as Sandbox;
