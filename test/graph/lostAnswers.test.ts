import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Fault } from '../../src/sandbox/index.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { emulators, startHarness } from '../harness.ts';
import { conversations, PROVIDERS, readDelivery, send, sentTexts, until, writeCalls } from './writes.ts';

const { whatsApp, otherMessenger, letstalk, pigeons } = conversations;

const newInput = (conversationId: string) => ({
  conversationId,
  text: `Lost ${randomUUID()}`,
  idempotencyKey: randomUUID(),
});

/** What a payload says of a send whose answer is lost: no error, and no message. */
const UNKNOWN = {
  message: null,
  delivery: {
    ...{ id: expect.any(String), state: 'UNKNOWN', evidence: 'NONE', message: null },
    ...{ asOf: expect.any(String), sentAt: null, failureReason: null },
  },
  parts: [{ state: 'UNKNOWN' }],
  userErrors: [],
};

describe('a lost answer', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  const ACCEPTED: [string, Fault][] = [
    ['a reset', { acceptThen: 'reset' }],
    ['500', { acceptThen: 500 }],
    ['503', { acceptThen: 503 }],
    ['half an answer', { truncate: true }],
    ['an answer of another shape', { body: () => ({ status: 'ok', data: { surprise: true } }) }],
    ['more than Parley reads', { oversize: 40 * 1024 * 1024 }],
  ];
  const DROPPED: [string, Fault][] = [
    ['a reset', { reset: true }],
    ['502', 502],
    ['an HTML page', { html: true }],
    ['a redirect', { redirect: 'https://elsewhere.example.com/' }],
  ];

  describe.each(PROVIDERS)('of %s', (_name, provider, conversation) => {
    const fail = (fault: Fault) =>
      emulators(harness.sandbox)[provider].failNext(fault, { call: 'sendMessage' });

    it.each(ACCEPTED)('with %s is UNKNOWN, and found when the key comes again', async (_what, fault) => {
      const input = newInput(conversation);
      fail(fault);

      const lost = await send(harness, input);
      expect(lost).toMatchObject(UNKNOWN);

      const found = await send(harness, input);
      expect(found).toMatchObject({
        message: { text: input.text },
        delivery: { id: lost.delivery.id, evidence: 'HISTORY', message: found.message },
        userErrors: [],
      });
      expect(found.delivery.state).toBe('SENT');
      expect(found.delivery.sentAt).not.toBeNull();
      expect(await send(harness, input)).toEqual(found);
      expect(sentTexts(harness)).toEqual([input.text]);
      expect(writeCalls(harness)).toEqual(['sendMessage']);
    });

    it.each(ACCEPTED)(
      'with %s is found when its delivery is read, which sends nothing',
      async (_what, fault) => {
        const input = newInput(conversation);
        fail(fault);
        const { delivery } = await send(harness, input);

        const found = await readDelivery(harness, delivery.id);

        expect(found).toMatchObject({ state: 'SENT', evidence: 'HISTORY', message: { text: input.text } });
        expect(Date.parse(found.asOf)).toBeGreaterThanOrEqual(Date.parse(delivery.asOf));
        expect(writeCalls(harness)).toEqual(['sendMessage']);
        expect((await send(harness, input)).delivery).toMatchObject({ id: delivery.id, state: 'SENT' });
        expect(sentTexts(harness)).toEqual([input.text]);
      },
    );

    it.each(DROPPED)(
      'with %s stays UNKNOWN while it may still turn up, and is not sent again',
      async (_what, fault) => {
        const input = newInput(conversation);
        fail(fault);

        const lost = await send(harness, input);
        const again = await send(harness, input);
        const read = await readDelivery(harness, lost.delivery.id);

        for (const payload of [lost, again]) expect(payload).toMatchObject(UNKNOWN);
        expect(read).toMatchObject({ id: lost.delivery.id, state: 'UNKNOWN', evidence: 'NONE' });
        expect(Date.parse(read.asOf)).toBeGreaterThanOrEqual(Date.parse(lost.delivery.asOf));
        expect(sentTexts(harness)).toEqual([]);
        expect(writeCalls(harness)).toEqual(['sendMessage']);
      },
    );

    it('keeps its key: another content is refused', async () => {
      const input = newInput(conversation);
      fail({ reset: true });
      await send(harness, input);
      const { userErrors } = await send(harness, { ...input, text: 'Other words' });
      expect(userErrors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT' }]);
      expect(sentTexts(harness)).toEqual([]);
    });

    it('is one for ten who sent at the same time', async () => {
      const input = newInput(conversation);
      fail({ acceptThen: 'reset' });

      const answers = await Promise.all(Array.from({ length: 10 }, () => send(harness, input)));

      for (const { userErrors, delivery } of answers) {
        expect(userErrors).toEqual([]);
        expect(delivery.id).toBe(answers[0].delivery.id);
        expect(['UNKNOWN', 'SENT']).toContain(delivery.state);
      }
      expect(sentTexts(harness)).toEqual([input.text]);
      expect((await send(harness, input)).delivery.state).toBe('SENT');
    });

    it('stays UNKNOWN, without an error, while the history can not be read either', async () => {
      const input = newInput(conversation);
      fail({ acceptThen: 'reset' });
      const { delivery } = await send(harness, input);
      const emulator = emulators(harness.sandbox)[provider];
      emulator.failNext(403, { call: 'messages', times: 2 });

      expect(await send(harness, input)).toMatchObject(UNKNOWN);
      expect(await readDelivery(harness, delivery.id)).toMatchObject({ state: 'UNKNOWN' });
      expect(await readDelivery(harness, delivery.id)).toMatchObject({ state: 'SENT' });
      expect(sentTexts(harness)).toEqual([input.text]);
    });
  });

  describe("of Pact, which doesn't know our names", () => {
    const { documented } = wellKnown.pact;
    const lose = (input: object, fault: Fault = { acceptThen: 'reset' }) => {
      harness.sandbox.pact.failNext(fault, { call: 'sendMessage' });
      return send(harness, { ...input });
    };
    const put = (message: string, income: boolean) =>
      harness.sandbox.pact.addMessage(documented, { message, income, created_at: new Date().toISOString() });

    it('is not taken for an inbound message that says the same', async () => {
      const input = newInput(whatsApp);
      await lose(input, { reset: true });
      put(input.text, true);
      expect(await send(harness, input)).toMatchObject(UNKNOWN);
    });

    it('is not taken for a message that says a little more, nor for an older one', async () => {
      const input = newInput(whatsApp);
      put(`${input.text}.`, false);
      harness.sandbox.pact.addMessage(documented, {
        message: input.text,
        income: false,
        created_at: new Date(Date.now() - 600_000).toISOString(),
      });
      await lose(input, { reset: true });
      expect(await send(harness, input)).toMatchObject(UNKNOWN);
    });

    it('stays UNKNOWN when two messages may be it', async () => {
      const input = newInput(whatsApp);
      await lose(input);
      put(input.text, false);
      expect(await send(harness, input)).toMatchObject(UNKNOWN);
      expect(writeCalls(harness)).toEqual(['sendMessage']);
    });

    it('is not taken for the message of another key', async () => {
      const input = newInput(whatsApp);
      await lose(input, { reset: true });
      const other = await send(harness, { ...input, idempotencyKey: randomUUID() });
      expect(other.delivery.state).toBe('DELIVERED');

      expect(await send(harness, input)).toMatchObject(UNKNOWN);
      expect(sentTexts(harness)).toEqual([input.text]);
    });

    it('stays UNKNOWN for two keys that lost the same words, of which one arrived', async () => {
      const input = newInput(whatsApp);
      const other = { ...input, idempotencyKey: randomUUID() };
      await lose(input);
      await lose(other, { reset: true });
      for (const one of [input, other]) expect(await send(harness, one)).toMatchObject(UNKNOWN);
      expect(sentTexts(harness)).toEqual([input.text]);
    });

    it('is found when its job delivers later', async () => {
      harness.sandbox.pact.delivery('async');
      const input = newInput(otherMessenger);
      const { delivery } = await lose(input);
      expect(await readDelivery(harness, delivery.id)).toMatchObject({ state: 'UNKNOWN' });
      harness.sandbox.pact.settleJobs();
      expect(await readDelivery(harness, delivery.id)).toMatchObject({
        ...{ state: 'SENT', evidence: 'HISTORY', message: { text: input.text } },
      });
    });
  });
});

describe('a lost answer, when its time is over', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({
      environment: { READ_TIMEOUT: '1s', SEND_TIMEOUT: '1s', SEND_SETTLING_TIME: '1ms' },
    });
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  it('is UNKNOWN when the provider stays silent, and found all the same', async () => {
    await Promise.all(
      PROVIDERS.map(async ([, provider, conversation]) => {
        const input = newInput(conversation);
        emulators(harness.sandbox)[provider].failNext({ acceptThen: 'hang' }, { call: 'sendMessage' });
        expect(await send(harness, input)).toMatchObject(UNKNOWN);
        expect((await send(harness, input)).delivery).toMatchObject({
          ...{ state: 'SENT', evidence: 'HISTORY', message: { text: input.text } },
        });
      }),
    );
    expect(sentTexts(harness)).toHaveLength(3);
  }, 30_000);

  it('is sent again by the same mutation only where it is certain that nothing came of it', async () => {
    const sends = PROVIDERS.map(([name, provider, conversation]) => {
      emulators(harness.sandbox)[provider].failNext({ reset: true }, { call: 'sendMessage' });
      return { name, input: newInput(conversation) };
    });
    const lost = await Promise.all(sends.map(({ input }) => send(harness, input)));
    for (const payload of lost) expect(payload).toMatchObject(UNKNOWN);
    const [ofPact, ...others] = lost.map(({ delivery }) => delivery.id as string);

    // By queries alone: they look, and never send.
    for (const id of others) {
      const gone = await until(
        () => readDelivery(harness, id),
        ({ state }) => state !== 'UNKNOWN',
      );
      expect(gone).toMatchObject({ id, state: 'FAILED', evidence: 'NONE', message: null });
      expect(gone.failureReason).toBe('Not sent. The same mutation with the same key sends it.');
    }
    expect(await readDelivery(harness, ofPact!)).toMatchObject({ state: 'UNKNOWN' });
    expect(sentTexts(harness)).toEqual([]);
    expect(writeCalls(harness)).toEqual(['sendMessage', 'sendMessage', 'sendMessage']);

    for (const [index, { name, input }] of sends.entries()) {
      if (name === 'Pact') {
        expect(await send(harness, input)).toMatchObject(UNKNOWN);
        continue;
      }
      const again = await until(
        () => send(harness, input),
        ({ delivery }) => delivery.state !== 'UNKNOWN',
      );
      expect(again).toMatchObject({ message: { text: input.text }, userErrors: [] });
      expect(again.delivery.state).toBe('SENT');
      // The try that came to nothing keeps its name, and what is known of it.
      expect(again.delivery.id).not.toBe(lost[index].delivery.id);
      expect(await readDelivery(harness, lost[index].delivery.id)).toMatchObject({ state: 'FAILED' });
    }
    expect(sentTexts(harness)).toEqual(sends.slice(1).map(({ input }) => input.text));
  }, 30_000);

  it('is sent again once for ten who ask at the same time', async () => {
    const inputs = [newInput(letstalk), newInput(pigeons)];
    for (const provider of ['letstalk', 'pigeons'] as const)
      emulators(harness.sandbox)[provider].failNext({ reset: true }, { call: 'sendMessage' });
    for (const input of inputs) await send(harness, input);
    await Promise.all(
      inputs.map((input) =>
        until(
          () => Promise.all(Array.from({ length: 10 }, () => send(harness, input))),
          (answers) => answers.every(({ delivery }) => delivery.state === 'SENT'),
        ),
      ),
    );
    expect(sentTexts(harness)).toEqual(inputs.map(({ text }) => text));
  }, 30_000);

  it('is nothing that a read before the send can lose: that is a refusal, and the key is free', async () => {
    const input = newInput(pigeons);
    harness.sandbox.pigeons.failNext({ hang: true }, { call: 'conversations', times: 3 });
    const payload = await send(harness, input);
    // It was a read: nothing had been written yet.
    expect(payload).toMatchObject({
      delivery: null,
      userErrors: [{ code: 'PROVIDER_TIMEOUT', retryable: true }],
    });
    expect(writeCalls(harness)).toEqual([]);
    harness.sandbox.pigeons.clearFaults();
    expect((await send(harness, input)).userErrors).toEqual([]);
  }, 30_000);
});
