import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { ErrorCode } from '../../src/messaging/errors.ts';
import type { Fault, Sandbox } from '../../src/sandbox/index.ts';
import { freePort } from '../freePort.ts';
import type { OpenOptions } from './openWriting.ts';
import { openWriting } from './openWriting.ts';
import { operation } from './operation.ts';
import { file, justNow, lost, outgoing } from './outgoing.ts';
import type { Write, WriteSubject } from './writeSubjects.ts';
import { accountsOf, NO_SANDBOX, PRIVATE_TEXT } from './writeSubjects.ts';

/** A word that only a provider says. */
const CANARY = 'canary';

/** Milliseconds: long enough for a call to be taken, short enough to wait for its end. */
const SHORT = 300;

/** One way in which a write fails, and what may be said of it. */
interface Failure {
  readonly fault: Fault;
  readonly stored: 0 | 1;
  readonly code: ErrorCode;
  /** Whether it has certainly not been done. */
  readonly refused?: true;
  readonly retryable?: true;
  /** Seconds. */
  readonly retryAfter?: number;
}

const status = (code: number, headers: Record<string, string> = {}): Fault => ({
  ...{ status: code, headers },
  body: { status: 'error', message: CANARY, errors: { field: [CANARY] } },
});

const lostAnswer = { code: 'PROVIDER_UNAVAILABLE', retryable: true } as const;
const silence = { code: 'PROVIDER_TIMEOUT', retryable: true } as const;
const nonsense = { code: 'PROVIDER_CONTRACT' } as const;
const refusal = (code: ErrorCode) => ({ code, refused: true, stored: 0 }) as const;

const FAILURES: readonly [what: string, failure: Failure][] = [
  ['a reset after it was taken', { fault: { acceptThen: 'reset' }, stored: 1, ...lostAnswer }],
  ['a 500 after it was taken', { fault: { acceptThen: 500 }, stored: 1, ...lostAnswer }],
  ['a 502 after it was taken', { fault: { acceptThen: 502 }, stored: 1, ...lostAnswer }],
  ['half of the answer', { fault: { truncate: true }, stored: 1, ...nonsense }],
  ['an answer that is too long', { fault: { oversize: 5 * 1024 * 1024 }, stored: 1, ...nonsense }],
  ['a reset before it was taken', { fault: { reset: true }, stored: 0, ...lostAnswer }],
  ['no JSON', { fault: { malformed: true }, stored: 0, ...nonsense }],
  ['an HTML page', { fault: { html: true }, stored: 0, ...nonsense }],
  ['a redirect', { fault: { redirect: '/stolen' }, stored: 0, ...nonsense }],
  ['400', { fault: status(400), ...refusal('PROVIDER_REJECTED') }],
  ['401', { fault: status(401), ...refusal('PROVIDER_UNAUTHENTICATED') }],
  ['402', { fault: status(402), ...refusal('PROVIDER_PAYMENT_REQUIRED') }],
  ['403', { fault: status(403), ...refusal('PROVIDER_FORBIDDEN') }],
  ['404', { fault: status(404), ...refusal('PROVIDER_REJECTED') }],
  ['410', { fault: status(410), ...refusal('PROVIDER_GONE') }],
  ['413', { fault: status(413), ...refusal('PROVIDER_REJECTED') }],
  ['422', { fault: status(422), ...refusal('PROVIDER_REJECTED') }],
  ['429', { fault: status(429), ...refusal('PROVIDER_RATE_LIMITED'), retryable: true }],
  [
    '429 with a time to wait',
    {
      fault: status(429, { 'retry-after': '7' }),
      ...refusal('PROVIDER_RATE_LIMITED'),
      ...{ retryable: true, retryAfter: 7 },
    },
  ],
  ['500', { fault: status(500), stored: 0, ...lostAnswer }],
  ['503', { fault: status(503, { 'retry-after': '11' }), stored: 0, ...lostAnswer, retryAfter: 11 }],
];

const SILENCES: readonly [what: string, failure: Failure][] = [
  ['before it was taken', { fault: { hang: true }, stored: 0, ...silence }],
  ['after it was taken', { fault: { acceptThen: 'hang' }, stored: 1, ...silence }],
  ['in the middle of the answer', { fault: { hangBody: true }, stored: 1, ...silence }],
];

/** What becomes of a write that fails, whatever the provider and whatever is written. */
export function describeWriteFailures(name: string, subjectOf: (sandbox: Sandbox) => WriteSubject): void {
  describe(`failing to write to ${name}`, () => {
    const writing = openWriting(accountsOf);
    const subject = () => subjectOf(writing.sandbox());

    /** Makes a write that fails; gives its error. */
    async function fail(write: Write, options: OpenOptions = {}): Promise<ParleyError> {
      write.prepare?.();
      const writes = write.write(writing.provider(write.accountId, options), operation());
      const error = await writes.then(
        () => Promise.reject(new Error('it did not fail')),
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(ParleyError);
      return error as ParleyError;
    }

    function expectFailure(error: ParleyError, write: Write, failure: Failure) {
      const { code, refused = false, retryable = false, retryAfter } = failure;
      expect({ ...pick(error), stored: write.stored() }).toEqual({
        ...{ code, refused, retryable, retryAfter, stored: failure.stored },
        source: { provider: error.source?.provider, accountId: write.accountId },
      });
      const written = subject().emulator.requests.filter(({ method }) => method !== 'GET');
      expect(written.map(({ call }) => call)).toEqual([write.call]);
      expect(subject().emulator.requests.filter(({ call }) => call === 'unknown')).toEqual([]);
    }

    /** A call as the emulator names it, by what it writes. */
    const callOf = (wanted: string) => subject().writes.find(({ what }) => what === wanted)!.call;

    describe.each(subjectOf(NO_SANDBOX).writes.map(({ what }, index) => [what, index] as const))(
      '%s',
      (_what, index) => {
        const writeOf = () => subject().writes[index]!;

        it.each(FAILURES)('meets %s', async (_what, failure) => {
          const write = writeOf();
          subject().emulator.failNext(failure.fault, { call: write.call, times: Infinity });

          const error = await fail(write, { limits: { maxAnswerBytes: 4 * 1024 * 1024 } });

          expectFailure(error, write, failure);
          expectDiscretion(error, writing.sandbox());
        });

        it.each(SILENCES)('meets silence %s', async (_what, failure) => {
          const write = writeOf();
          subject().emulator.failNext(failure.fault, { call: write.call, times: Infinity });

          const error = await fail(write, { limits: { sendTimeout: SHORT, uploadTimeout: SHORT } });

          expectFailure(error, write, failure);
          expectDiscretion(error, writing.sandbox());
        });

        it('has certainly not happened where nobody listens', async () => {
          const write = writeOf();

          const error = await fail(write, { account: { baseUrl: `http://127.0.0.1:${await freePort()}` } });

          expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', refused: true, retryable: true });
          expect(write.stored()).toBe(0);
          expectDiscretion(error, writing.sandbox());
        });

        it('has certainly not happened where what must be read first can not be', async () => {
          const write = writeOf();
          subject().emulator.failNext(
            { malformed: true },
            { times: Infinity, match: ({ method }) => method === 'GET' },
          );
          const provider = writing.provider(write.accountId);
          write.prepare?.();

          // Most writes read nothing.
          const error = await write.write(provider, operation()).then(
            () => undefined,
            (thrown: unknown) => thrown,
          );

          // A mistake of the adapter's own is shown as what it is.
          if (error instanceof Error && !(error instanceof ParleyError)) throw error;
          if (error !== undefined) expect(error).toMatchObject({ code: 'PROVIDER_CONTRACT', refused: true });
          expect(write.stored()).toBe(error === undefined ? 1 : 0);
        });

        it('is given up when the caller goes away, and may have happened', async () => {
          const write = writeOf();
          write.prepare?.();
          const gone = new AbortController();
          const match = () => {
            gone.abort();
            return true;
          };
          subject().emulator.failNext({ hang: true }, { call: write.call, match });
          const context = operation({ signal: gone.signal });

          await expect(write.write(writing.provider(write.accountId), context)).rejects.toMatchObject({
            ...{ code: 'CANCELLED', refused: false, retryable: false },
          });
          expect(write.stored()).toBe(0);
        });

        it('is not begun for a caller who has gone, and has certainly not happened', async () => {
          const write = writeOf();
          write.prepare?.();
          const context = operation({ signal: AbortSignal.abort() });

          await expect(write.write(writing.provider(write.accountId), context)).rejects.toMatchObject({
            ...{ code: 'CANCELLED', refused: true },
          });
          expect(write.stored()).toBe(0);
          expect(subject().emulator.requests).toEqual([]);
        });
      },
    );

    describe('a message whose answer was lost', () => {
      const { empty } = subjectOf(NO_SANDBOX).conversations;

      it.each<[string, Fault]>([
        ['by a reset', { acceptThen: 'reset' }],
        ['by a 500', { acceptThen: 500 }],
        ['by half of an answer', { truncate: true }],
      ])('%s is found', async (_how, fault) => {
        const provider = writing.provider(subject().accountId);
        const message = outgoing({ conversationId: empty, text: ' Are you there? 👋\r\nYes ' });
        subject().emulator.failNext(fault, { call: callOf('a message') });
        await expect(provider.sendMessage!(message, operation())).rejects.toMatchObject({ refused: false });
        subject().settle();

        const { found } = await provider.findSent!(empty, lost(message), operation());

        const [stored] = subject().stored(empty);
        expect(found).toMatchObject([{ messageId: stored!.id, evidence: 'HISTORY' }]);
      });

      it('is not found when it was dropped', async () => {
        const provider = writing.provider(subject().accountId);
        const message = outgoing({ conversationId: empty, text: 'Are you there?' });
        subject().emulator.failNext({ reset: true }, { call: callOf('a message') });
        await expect(provider.sendMessage!(message, operation())).rejects.toMatchObject({ refused: false });

        const search = await provider.findSent!(empty, lost(message), operation());

        expect(search).toEqual({ found: [], complete: provider.namesSends });
      });
    });

    describe('a start whose answer was lost', () => {
      it.each<[string, Fault, number]>([
        ['is found when it was taken', { acceptThen: 'reset' }, 1],
        ['is not found when it was dropped', { reset: true }, 0],
      ])('%s, where starts can be sought', async (_what, fault, times) => {
        const { starter, start, started } = subject();
        if (starter === null || start === null) return;
        const provider = writing.provider(starter);
        if (!provider.findStarted) return;
        subject().emulator.failNext(fault, { call: callOf('the start of a conversation') });
        await expect(provider.startConversation!(start, operation())).rejects.toMatchObject({
          refused: false,
        });

        const { digest } = lost(outgoing({ conversationId: '', text: 'text' in start ? start.text : null }));
        const search = { start, name: start.name, digest, ...justNow() };
        const { found, complete } = await provider.findStarted(search, operation());

        expect(found.map(({ conversationId }) => conversationId)).toEqual(started());
        expect(found).toHaveLength(times);
        expect(complete).toBe(provider.namesSends);
      });
    });

    it.each<[string, Fault]>([
      ['was taken', { delay: 0 }],
      ['was refused', 400],
      ['was lost', { reset: true }],
    ])('lets go of a file when its message %s', async (_what, fault) => {
      const provider = writing.provider(subject().accountId);
      const { empty } = subject().conversations;
      const sent = file();
      const { writes } = subject();
      subject().emulator.failNext(fault, { match: ({ method }) => method !== 'GET' });
      const sending = provider.uploadFile
        ? provider.uploadFile(empty, sent, operation())
        : provider.sendMessage!(outgoing({ conversationId: empty, text: 'see', files: [sent] }), operation());
      await sending.catch(() => undefined);

      if (subject().storesFiles) expect(sent.opened()).toMatchObject({ destroyed: true });
      else expect(sent.opened()).toBeUndefined();
      expect(writes.every(({ stored }) => stored() <= 1)).toBe(true);
    });
  });
}

function pick({ code, refused, retryable, retryAfter, source }: ParleyError) {
  return { code, refused, retryable, retryAfter, source };
}

/** Nothing of what an error holds may tell what was sent, with which credentials, where to, or what the provider said. */
function expectDiscretion(error: ParleyError, { pact, letstalk, pigeons }: Sandbox): void {
  const shown = inspect(error, { depth: Infinity });
  const secrets = [pact.token, letstalk.agentKey, letstalk.clientKey, pigeons.publicKey, pigeons.user.token];
  const encoded = secrets.map((secret) => Buffer.from(`${secret}:X`).toString('base64'));
  const said = [CANARY, 'One moment', 'Internal Server Error', 'Error interno', 'Server Error', 'stolen'];
  for (const word of [...secrets, ...encoded, ...said, PRIVATE_TEXT, '127.0.0.1'])
    expect(shown).not.toContain(word);
}
