import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { EVERYBODY } from '../../src/auth/authenticate.ts';
import { ParleyError } from '../../src/messaging/errors.ts';
import { NO_TRAITS } from '../../src/messaging/fileTraits.ts';
import type { ConversationRef, UploadRef } from '../../src/messaging/ids.ts';
import { uploadId } from '../../src/messaging/ids.ts';
import type { IncomingFile } from '../../src/messaging/incomingFile.ts';
import type { FileTraits, OutgoingFile } from '../../src/messaging/outgoing.ts';
import type { Attachment, MessageLimits, Provider, ReadContext } from '../../src/messaging/provider.ts';
import { createRegistry } from '../../src/messaging/registry.ts';
import { scopeOf } from '../../src/messaging/sendRecord.ts';
import type { Staging } from '../../src/messaging/staging.ts';
import type { Store } from '../../src/messaging/store.ts';
import { createUpstreamCalls } from '../../src/messaging/upstreamCalls.ts';
import type { UserError } from '../../src/messaging/userErrors.ts';
import type { Caller } from '../../src/messaging/viewer.ts';
import { UNLIMITED } from './contents.ts';
import { createMemoryStore } from '../../src/store/createMemoryStore.ts';

/** Time passes only by pauses, and as a test says. */
let clock = Date.UTC(2026, 0, 1);

jest.unstable_mockModule('node:timers/promises', () => ({
  setTimeout: async (milliseconds: number, _value: unknown, { signal }: { signal: AbortSignal }) => {
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    clock += milliseconds;
  },
}));
const { createUploads } = await import('../../src/messaging/uploads.ts');
const { createUploading } = await import('../../src/messaging/uploading.ts');

const KEEP = 3_600_000;
const TIMEOUT = 60_000;
const HERE: ConversationRef = { accountId: 'acc', externalId: '7' };
const LIMITS: MessageLimits = { ...UNLIMITED, sendActionList: false, sendButtons: false };

type StoreCall = 'get' | 'create' | 'replace' | 'remove';

function open() {
  const memory = createMemoryStore({ now: () => clock });
  const uploaded: string[] = [];
  const told: FileTraits[] = [];
  let refusals = 0;
  let fails: (call: StoreCall, key: string) => 'before' | 'after' | undefined = () => undefined;

  const provider = {
    name: 'PACT',
    limits: LIMITS,
    namesSends: false,
    sendMessage: () => Promise.reject(new Error('nothing is sent here')),
    async uploadFile(_conversationId: string, file: OutgoingFile) {
      const bytes = await buffer(await file.open());
      if (refusals > 0) {
        refusals -= 1;
        throw new ParleyError('PROVIDER_UNAVAILABLE', 'It is down.', { retryable: true });
      }
      uploaded.push(bytes.toString());
      told.push(file.traits);
      return `ext-${uploaded.length}`;
    },
  } as Partial<Provider> as Provider;

  const failing = async <T>(call: StoreCall, key: string, work: () => Promise<T>): Promise<T> => {
    const error = new ParleyError('STORE_UNAVAILABLE', 'The store is away.', { retryable: true });
    const when = fails(call, key);
    if (when === 'before') throw error;
    const answer = await work();
    if (when === 'after') throw error;
    return answer;
  };
  const store: Store = {
    get: (key) => failing('get', key, () => memory.get(key)),
    create: (key, ...rest) => failing('create', key, () => memory.create(key, ...rest)),
    replace: (key, ...rest) => failing('replace', key, () => memory.replace(key, ...rest)),
    remove: (key, ...rest) => failing('remove', key, () => memory.remove(key, ...rest)),
  };
  const now = () => clock;
  const createOwnUploads = () =>
    createUploads({
      store,
      staging: {} as Staging,
      keep: KEEP,
      sniff: (body) => Promise.resolve({ mimeType: 'image/png', body }),
      urlOf: () => '',
      now,
    });
  const process = () =>
    createUploading({
      observer: { uploaded: () => undefined },
      store,
      keep: KEEP,
      timeout: TIMEOUT,
      now,
      uploads: createOwnUploads(),
    });
  const accounts = createRegistry([{ id: 'acc', name: 'Account', provider, status: () => 'OPERATIONAL' }]);
  return {
    uploaded,
    told,
    store: memory,
    uploads: createOwnUploads,
    process,
    callerOf: (id = 'ann', signal = new AbortController().signal): Caller => ({
      viewer: { ...EVERYBODY, id },
      accounts,
      read: { ...READ, signal },
    }),
    refuseNext: (count = 1) => (refusals = count),
    failStore: (next: typeof fails) => (fails = next),
  };
}

function fileOf(text: string, fileName = 'a.png'): Promise<IncomingFile> {
  const createReadStream = () => Readable.from([Buffer.from(text)]);
  return Promise.resolve({ fileName, declaredType: 'image/png', createReadStream });
}

const READ: ReadContext = {
  signal: new AbortController().signal,
  calls: createUpstreamCalls(),
  header: () => undefined,
  share: (_key, load) => load(),
};

type Answer = Attachment | readonly UserError[];

function idOf(answer: Answer): string {
  if ('message' in answer) return (answer.message as UploadRef).uploadId;
  throw new Error(`no attachment, but ${JSON.stringify(answer)}`);
}

function codesOf(answer: Answer): string[] {
  return 'message' in answer ? [] : answer.map(({ code }) => code);
}

describe('an upload under a key', () => {
  const upload = (
    { process, callerOf }: Pick<ReturnType<typeof open>, 'process' | 'callerOf'>,
    text = 'one',
    { key = 'k', fileName = 'a.png', viewer = 'ann', conversation = HERE, traits = NO_TRAITS } = {},
  ): Promise<Answer> =>
    process().upload({ conversation, file: fileOf(text, fileName), traits, key }, callerOf(viewer));

  it('gives the same attachment for the same file, uploaded once', async () => {
    const world = open();
    const [first, again] = [await upload(world), await upload(world)];
    expect(again).toEqual(first);
    expect(world.uploaded).toEqual(['one']);
  });

  it('does so for many at once, in any number of processes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 6 }), fc.nat({ max: 1 }), async (count, refusals) => {
        const world = open();
        world.refuseNext(refusals);
        const answers = await Promise.allSettled(Array.from({ length: count }, () => upload(world)));
        const given = answers.flatMap((each) => (each.status === 'fulfilled' ? [idOf(each.value)] : []));
        expect(given).toHaveLength(count - refusals);
        expect(new Set(given).size).toBe(1);
        expect(world.uploaded).toEqual(['one']);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['bytes', 'two', {}],
    ['name', 'one', { fileName: 'b.png' }],
    ['conversation', 'one', { conversation: { accountId: 'acc', externalId: '8' } }],
  ])('is refused for a file of another %s, at once and later', async (_what, text, other) => {
    const world = open();
    const answers = await Promise.all([upload(world), upload(world, text, other)]);
    expect(answers.flatMap(codesOf)).toEqual(['IDEMPOTENCY_CONFLICT']);
    const later = await Promise.all([upload(world), upload(world, text, other)]);
    expect(later.map(codesOf)).toEqual(answers.map(codesOf));
    expect(world.uploaded).toHaveLength(1);
  });

  it('is another one for another viewer, for another key, and without one', async () => {
    const world = open();
    const ids = new Set([
      idOf(await upload(world)),
      idOf(await upload(world, 'one', { viewer: 'ben' })),
      idOf(await upload(world, 'one', { key: 'l' })),
    ]);
    for (let times = 0; times < 2; times += 1) {
      const request = { conversation: HERE, file: fileOf('one'), traits: NO_TRAITS, key: null };
      ids.add(idOf(await world.process().upload(request, world.callerOf())));
    }
    expect(ids.size).toBe(5);
  });

  it('is what it was under a key of the time before anything could be said of a file', async () => {
    const world = open();
    const scope = scopeOf('ann', 'uploadAttachment', 'k');
    const sha256 = createHash('sha256').update('one').digest('base64url');
    const ref = { accountId: 'acc', uploadId: 'old' };
    const fingerprint = JSON.stringify(['acc', '7', 'a.png', sha256]);
    const record = {
      ...{ viewerId: 'ann', conversationId: '7', fileName: 'a.png', mimeType: 'image/png', byteSize: 3 },
      ...{ externalId: 'ext', stagedKey: null, expiresAt: new Date(clock + KEEP).toISOString(), tries: [] },
    };
    await world.store.create('upload:acc:old', JSON.stringify(record), KEEP);
    await world.store.create(`upload-key:${scope}`, JSON.stringify({ at: 'DONE', ref, fingerprint }), KEEP);

    const again = await upload(world);
    expect(idOf(again)).toBe('old');
    expect(again).toMatchObject({ media: { kind: 'ImageMedia', width: null, height: null } });
    const traits = { pushToTalk: false, width: 4, height: 3 };
    expect(codesOf(await upload(world, 'one', { traits }))).toEqual(['IDEMPOTENCY_CONFLICT']);
    expect(world.uploaded).toEqual([]);
  });

  it('that failed leaves the key free, for the same file and for another', async () => {
    for (const text of ['one', 'two']) {
      const world = open();
      world.refuseNext();
      await expect(upload(world)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
      expect(codesOf(await upload(world, text))).toEqual([]);
      expect(world.uploaded).toEqual([text]);
    }
  });

  it('of a file that never comes claims no key', async () => {
    const world = open();
    const file = Promise.reject<IncomingFile>(new ParleyError('BAD_REQUEST', 'The file did not come.'));
    const request = { conversation: HERE, file, traits: NO_TRAITS, key: 'k' };
    expect(await world.process().upload(request, world.callerOf())).toMatchObject([
      { code: 'BAD_REQUEST', field: ['input', 'file'] },
    ]);
    const begun = clock;
    expect(codesOf(await upload(world))).toEqual([]);
    expect(clock).toBe(begun);
  });

  it('whose time is over is uploaded anew, whatever the file', async () => {
    for (const text of ['one', 'two']) {
      const world = open();
      const first = await upload(world);
      clock += KEEP;
      const again = await upload(world, text);
      expect(idOf(again)).not.toBe(idOf(first));
      expect(idOf(await upload(world, text))).toBe(idOf(again));
      expect(world.uploaded).toEqual(['one', text]);
    }
  });

  it('that a dead process has begun is begun again when its time is over', async () => {
    const world = open();
    let isOver = false;
    // It claims the key, and neither ends its upload nor gives the key back.
    world.failStore((call, key) =>
      isOver || !key.startsWith('upload-key:') || call === 'get' || call === 'create' ? undefined : 'before',
    );
    await expect(upload(world)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    isOver = true;
    const begun = clock;
    // Nobody is kept waiting for all of it.
    let codes = codesOf(await upload(world));
    expect(codes).toEqual(['REQUEST_TIMEOUT']);
    expect(clock - begun).toBeLessThan(TIMEOUT);
    while (codes.length > 0) codes = codesOf(await upload(world));
    expect(clock - begun).toBeGreaterThanOrEqual(TIMEOUT);
  });

  it('that waits for another one ends when its caller leaves', async () => {
    const world = open();
    const leaving = new AbortController();
    const first = upload(world);
    const request = { conversation: HERE, file: fileOf('one'), traits: NO_TRAITS, key: 'k' };
    const left = world.process().upload(request, world.callerOf('ann', leaving.signal));
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(codesOf(await first)).toEqual([]);
  });

  it('survives a store that fails at any one call, before or after it was done', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let failing = 1; failing <= 5; failing += 1) {
        const world = open();
        let calls = 0;
        world.failStore(() => ((calls += 1) === failing ? when : undefined));
        const first = await upload(world).catch((error: unknown) => error as ParleyError);
        if (first instanceof Error)
          expect(first).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
        world.failStore(() => undefined);
        const begun = clock;
        const again = await upload(world);
        // Nobody waits for an upload that came to nothing.
        expect(clock).toBe(begun);
        expect(await upload(world)).toEqual(again);
        if (!(first instanceof Error)) expect(again).toEqual(first);
        expect(codesOf(await upload(world, 'two'))).toEqual(['IDEMPOTENCY_CONFLICT']);
      }
    }
  });

  it.each(['', 'x'.repeat(129), '\0'])(
    'has no key like %j, and none is needed to be told so',
    async (key) => {
      const world = open();
      expect(await upload(world, 'one', { key })).toMatchObject([
        { code: 'BAD_USER_INPUT', field: ['input', 'idempotencyKey'] },
      ]);
      expect(world.uploaded).toEqual([]);
    },
  );
});

describe('what is said of a file', () => {
  const traits: FileTraits = { pushToTalk: true, width: 1280, height: 720 };
  const upload = (world: ReturnType<typeof open>, said: FileTraits) =>
    world
      .process()
      .upload({ conversation: HERE, file: fileOf('one'), traits: said, key: null }, world.callerOf());

  it('goes to the provider with it, and along with what is sent of it later', async () => {
    const world = open();
    const ids = [];
    for (const said of [traits, NO_TRAITS])
      ids.push(uploadId({ accountId: 'acc', uploadId: idOf(await upload(world, said)) }));
    expect(world.told).toEqual([traits, NO_TRAITS]);
    const resolved = await world.uploads().resolve(ids, HERE, 'ann');
    if (!('files' in resolved)) throw new Error(JSON.stringify(resolved));
    expect(resolved.files.map((file) => file.traits)).toEqual([traits, NO_TRAITS]);
  });

  it.each<[Partial<FileTraits>, string[]]>([
    [{ width: 1, height: 1 }, []],
    [{ width: 2 ** 31 - 1, height: 1 }, []],
    [{ pushToTalk: true }, []],
    [{ width: 1 }, ['height']],
    [{ height: 1 }, ['width']],
    [{ width: 0 }, ['width', 'height']],
    [{ width: 0, height: -1 }, ['width', 'height']],
    [{ width: 1.5, height: Infinity }, ['width', 'height']],
  ])('is %j, of which is wrong: %j', async (said, fields) => {
    const world = open();
    const answer = await upload(world, { ...NO_TRAITS, ...said });
    const errors = 'message' in answer ? [] : answer;
    expect(errors.map(({ code, field }) => [code, field])).toEqual(
      fields.map((field) => ['BAD_USER_INPUT', ['input', field]]),
    );
    expect(world.uploaded).toHaveLength(fields.length > 0 ? 0 : 1);
  });
});

describe('an upload that is looked for', () => {
  it('is found by its viewer only, and while its time lasts', async () => {
    const world = open();
    const uploading = world.process();
    const request = { conversation: HERE, file: fileOf('one'), traits: NO_TRAITS, key: null };
    const attachment = (await uploading.upload(request, world.callerOf())) as Attachment;
    const ref = attachment.message as UploadRef;
    expect(await uploading.find(ref, world.callerOf())).toEqual(attachment);
    expect(await uploading.find(ref, world.callerOf('ben'))).toBeNull();
    expect(await uploading.find({ ...ref, accountId: 'other' }, world.callerOf())).toBeNull();
    clock += KEEP;
    expect(await uploading.find(ref, world.callerOf())).toBeNull();
  });
});

describe('a file that Parley keeps itself', () => {
  const openStaged = async () => {
    const kept = new Set<string>();
    const meanwhile: (() => Promise<void>)[] = [];
    const staging: Partial<Staging> = {
      write: async ({ body, ...named }) => ({
        ...named,
        key: 'staged',
        byteSize: (await buffer(body)).length,
      }),
      keep: (key) => Promise.resolve(void kept.add(key)),
      async release(key) {
        await meanwhile.pop()?.();
        kept.delete(key);
      },
    };
    const uploads = createUploads({
      store: createMemoryStore({ now: () => clock }),
      staging: staging as Staging,
      keep: KEEP,
      sniff: (body) => Promise.resolve({ mimeType: 'image/png', body }),
      urlOf: (key) => `https://files.example/${key}`,
      now: () => clock,
    });
    const provider = { name: 'PIGEONS', limits: LIMITS } as Provider;
    const [account] = createRegistry([
      { id: 'acc', name: 'Account', provider, status: () => 'OPERATIONAL' },
    ]).all;
    const target = { account: account!, conversation: HERE, viewerId: 'ann', traits: NO_TRAITS };
    const uploaded = await uploads.upload(target, await fileOf('one'), READ);
    if (!('ref' in uploaded)) throw new Error('not uploaded');
    return { uploads, kept, meanwhile, ids: [uploadId(uploaded.ref)] };
  };

  it('stays as long as one try may have named it, however late and often the others let it go', async () => {
    const tries = ['t1', 't2', 't3'];
    const act = fc.record({ token: fc.constantFrom(...tries), holds: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
        const { uploads, kept, ids } = await openStaged();
        const holding = new Set<string>();
        for (const { token, holds } of acts) {
          if (holds) await uploads.hold(ids, token);
          else await uploads.letGo(ids, token);
          if (holds) holding.add(token);
          else holding.delete(token);
          expect(kept.size).toBe(holding.size > 0 ? 1 : 0);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('stays also when one lets it go at the very time when another one takes it', async () => {
    const { uploads, kept, meanwhile, ids } = await openStaged();
    await uploads.hold(ids, 't1');
    meanwhile.push(() => uploads.hold(ids, 't2'));
    await uploads.letGo(ids, 't1');
    expect(kept.size).toBe(1);
  });
});
