import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { deliveryId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { conversations, readDelivery, send, sentTexts, start, writeCalls } from './writes.ts';

const { otherMessenger, letstalk, pigeons } = conversations;

const newInput = (conversationId: string) => ({
  conversationId,
  text: `Sent ${randomUUID()}`,
  idempotencyKey: randomUUID(),
});

describe('a delivery', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  /** Sends over a messenger whose jobs wait until they are settled. */
  const sendLater = async () => {
    harness.sandbox.pact.delivery('async');
    const input = newInput(otherMessenger);
    const payload = await send(harness, input);
    return { input, payload, id: payload.delivery.id as string, job: harness.sandbox.pact.jobs()[0]!.id };
  };
  const calls = (name: string) => harness.sandbox.pact.requests.filter(({ call }) => call === name).length;

  describe("of Pact's job", () => {
    it('is QUEUED without a message, and asked for anew each time until it is delivered', async () => {
      const { input, payload, id, job } = await sendLater();
      expect(payload).toMatchObject({
        message: null,
        delivery: { state: 'QUEUED', evidence: 'RESPONSE', message: null, failureReason: null },
        userErrors: [],
      });

      const waiting = await readDelivery(harness, id);
      expect(waiting).toMatchObject({ id, state: 'QUEUED', evidence: 'JOB', message: null });
      expect(Date.parse(waiting.asOf)).toBeGreaterThanOrEqual(Date.parse(payload.delivery.asOf));
      expect(calls('job')).toBe(1);

      harness.sandbox.pact.settleJob(job, 'DELIVERED');
      const delivered = await readDelivery(harness, id);
      expect(delivered).toMatchObject({
        ...{ id, state: 'DELIVERED', evidence: 'JOB', failureReason: null },
        message: { externalId: String(harness.sandbox.pact.stored().messages[0]!.id), text: input.text },
      });
      expect(delivered.sentAt).not.toBeNull();
      expect(calls('job')).toBe(2);

      // There is nothing more to hear: nobody is asked again.
      expect(await readDelivery(harness, id)).toEqual(delivered);
      expect(calls('job')).toBe(2);
      expect(await send(harness, input)).toMatchObject({ message: delivered.message, delivery: delivered });
      expect(sentTexts(harness)).toEqual([input.text]);
    });

    it('is never asked for by the mutation: a repeated key answers what is recorded', async () => {
      const { input, payload, job } = await sendLater();
      harness.sandbox.pact.settleJob(job, 'DELIVERED');
      expect(await send(harness, input)).toEqual(payload);
      expect(calls('job')).toBe(0);
    });

    it("is FAILED with a reason of ours, not the provider's words", async () => {
      const { input, id, job } = await sendLater();
      harness.sandbox.pact.settleJob(job, 'NOT DELIVERED', 'very secret words of +79995550199');

      const failed = await readDelivery(harness, id);

      expect(failed).toMatchObject({ state: 'FAILED', evidence: 'JOB', message: null });
      expect(failed.failureReason).toMatch(/^Pact could not deliver it/);
      const shown = JSON.stringify([failed, await send(harness, input)]) + harness.logged();
      expect(shown).not.toContain('very secret words');
      expect(calls('job')).toBe(1);
    });

    it('keeps what is known while the job can not be read', async () => {
      const { id, job } = await sendLater();
      const known = await readDelivery(harness, id);
      harness.sandbox.pact.failNext(403, { call: 'job' });
      expect(await readDelivery(harness, id)).toEqual(known);
      harness.sandbox.pact.failNext({ html: true }, { call: 'job' });
      expect(await readDelivery(harness, id)).toEqual(known);
      harness.sandbox.pact.settleJob(job, 'DELIVERED');
      expect(await readDelivery(harness, id)).toMatchObject({ state: 'DELIVERED' });
    });

    it('never goes back, whatever the job says next', async () => {
      const { id } = await sendLater();
      const answer = (job: object) =>
        harness.sandbox.pact.failNext(
          { body: (body: any) => ({ ...body, data: { ...body.data, ...job } }) },
          { call: 'job' },
        );
      const states = [];
      for (const job of [
        { state: 'delivered', details: { result: 'DELIVERED' }, message_id: null },
        { state: 'trying_deliver', details: null },
        { state: 'not_delivered', details: { result: 'NOT DELIVERED', reason: 'x' } },
        { state: 'of the future', details: { result: 'PONDERED' } },
      ]) {
        answer(job);
        states.push((await readDelivery(harness, id)).state);
      }
      expect(states).toEqual(['DELIVERED', 'DELIVERED', 'DELIVERED', 'DELIVERED']);
    });

    it('of a start that is answered by a job gets its conversation and its message', async () => {
      harness.sandbox.pact.delivery('async');
      harness.sandbox.pact.startAnswer('job');
      const pact = {
        ...{ accountId: 'sales', idempotencyKey: randomUUID(), messenger: 'WHATSAPP' },
        ...{ phone: '79991230045', text: 'Good morning' },
      };
      const { delivery, userErrors } = await start(harness, { pact });
      expect(userErrors).toEqual([]);
      expect(delivery).toMatchObject({ state: 'QUEUED', message: null });

      harness.sandbox.pact.settleJobs();

      expect(await readDelivery(harness, delivery.id)).toMatchObject({
        ...{ state: 'DELIVERED', evidence: 'JOB', message: { text: 'Good morning' } },
      });
      const again = await start(harness, { pact });
      const [stored] = harness.sandbox.pact.stored().conversations;
      expect(again).toMatchObject({
        ...{ conversation: { externalId: String(stored) }, delivery: { state: 'DELIVERED' } },
      });
      expect(sentTexts(harness)).toEqual(['Good morning']);
    });
  });

  describe('at Pigeons', () => {
    const answer = (change: object) =>
      harness.sandbox.pigeons.failNext(
        {
          body: (body: any) => ({
            ...body,
            data: body.data.map((row: any) => (row.device?.os === 'the one' ? { ...row, ...change } : row)),
          }),
        },
        { call: 'messages' },
      );
    const sendOne = async () =>
      (await send(harness, { ...newInput(pigeons), device: { type: 'WEB', os: 'the one' } })).delivery;
    const times = { sent_at: '2026-01-01T00:00:00Z', delivered_at: '2026-01-01T00:00:05Z' };

    it('moves on as the history tells, and not back', async () => {
      const { id, state } = await sendOne();
      const states = [state];
      const next = async (change: object) => {
        answer(change);
        // What the message says of itself is read anew, in the same operation: only the state is asked for.
        const { delivery } = await harness.data('query ($id: ID!) { delivery(id: $id) { state evidence } }', {
          id,
        });
        states.push(delivery.state);
      };
      await next({ status: { sent: true, delivered: false, read: false } });
      await next({ status: { sent: true, delivered: true, read: false }, timestamps: times });
      await next({ status: { sent: true, delivered: false, read: false } });
      await next({
        status: { sent: true, delivered: true, read: true },
        timestamps: { ...times, read_at: '2026-01-01T00:00:09Z' },
      });
      await next({ status: { sent: true, delivered: false, read: false } });

      expect(states).toEqual(['SENT', 'SENT', 'DELIVERED', 'DELIVERED', 'READ', 'READ']);
      harness.sandbox.pigeons.clearFaults();
      expect(await readDelivery(harness, id)).toMatchObject({
        evidence: 'HISTORY',
        deliveredAt: '2026-01-01T00:00:05.000Z',
        readAt: '2026-01-01T00:00:09.000Z',
      });
    });
  });

  it('is final at Letstalk as soon as it is sent, which tells nothing more', async () => {
    const { delivery } = await send(harness, newInput(letstalk));
    harness.takeCalls();
    const { delivery: read } = await harness.data(
      'query ($id: ID!) { delivery(id: $id) { id state evidence asOf } }',
      { id: delivery.id },
    );
    expect(read).toMatchObject({ id: delivery.id, state: 'SENT', evidence: 'RESPONSE', asOf: delivery.asOf });
    expect(harness.takeCalls()).toEqual([]);
  });

  it('is the one that the message itself is read with, but for its id', async () => {
    const { message } = await send(harness, newInput(pigeons));
    const read = await harness.data(
      'query ($id: ID!) { message(id: $id) { delivery { id state evidence } } }',
      { id: message.id },
    );
    expect(read.message.delivery).toEqual({ id: null, state: 'SENT', evidence: 'HISTORY' });
  });

  const ref = { accountId: 'support', scope: 'x'.repeat(43), part: 0, attempt: 1 };

  it.each([
    ['of nobody', deliveryId(ref)],
    ['of an unknown account', deliveryId({ ...ref, accountId: 'somebody' })],
    ['with a part that is not there', deliveryId({ ...ref, part: 999_999 })],
    ['with strange parts', deliveryId({ ...ref, scope: '../../etc/passwd %00 \u{1f98a}' })],
  ])('%s is null, and costs no call', async (_what, id) => {
    expect(await readDelivery(harness, id)).toBeNull();
    expect(harness.takeCalls()).toEqual([]);
  });

  it('of another part, attempt or account than there are is null', async () => {
    const { delivery } = await send(harness, newInput(letstalk));
    const [, account, scope, part, attempt] = Buffer.from(delivery.id, 'base64url').toString().split(':');
    expect([account, part, attempt]).toEqual(['support', '0', '1']);
    const own = { accountId: account!, scope: scope!, part: 0, attempt: 1 };
    expect(deliveryId(own)).toBe(delivery.id);
    for (const other of [
      { ...own, part: 1 },
      { ...own, attempt: 2 },
      { ...own, accountId: 'app' },
      { ...own, accountId: 'sales' },
    ])
      expect(await readDelivery(harness, deliveryId(other))).toBeNull();
  });

  it.each([
    '',
    'nonsense',
    letstalk,
    deliveryId(ref).slice(1),
    `${deliveryId(ref)}A`,
    Buffer.from('d:support:x:0').toString('base64url'),
    Buffer.from('d:support:x:-1:1').toString('base64url'),
    Buffer.from('d:support:x:01:1').toString('base64url'),
    Buffer.from('d:support:x:1e3:1').toString('base64url'),
    Buffer.from('d:support:x:0:1:2').toString('base64url'),
  ])('of the malformed id "%s" is refused by name', async (id) => {
    const { data, errors } = await harness.query('query ($id: ID!) { delivery(id: $id) { state } }', {
      variables: { id },
    });
    expect(data).toEqual({ delivery: null });
    expect(errors).toMatchObject([
      { path: ['delivery'], extensions: { code: 'BAD_USER_INPUT', argument: 'id' } },
    ]);
    expect(harness.takeCalls()).toEqual([]);
  });

  it('is not sent by any of this', async () => {
    const { id } = await sendLater();
    const before = writeCalls(harness);
    for (let count = 0; count < 5; count += 1) await readDelivery(harness, id);
    expect(writeCalls(harness)).toEqual(before);
    expect(harness.sandbox.pact.messages(wellKnown.pact.empty)).toEqual([]);
  });
});
