import { randomUUID } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import type { ResilienceConfig } from '../../src/config/resilience.ts';
import { conversationId } from '../../src/messaging/ids.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { conversations, NOTHING_SENT, PDF, send, sentTexts, uploaded, writeCalls } from './writes.ts';

jest.setTimeout(30_000);

const newInput = () => ({
  conversationId: conversations.whatsApp,
  ...{ text: `Not now ${randomUUID()}`, idempotencyKey: randomUUID() },
});

let harness: Harness;
afterEach(() => harness.close());

const start = async (resilience: ResilienceConfig) => {
  harness = await startHarness({
    accounts: (sandbox) => sandboxAccounts(sandbox).map((account) => ({ ...account, resilience })),
  });
};

/** The second account is at the same company of the same provider, and more patient. */
const PATIENT = conversationId({ accountId: 'patient', externalId: '8743' });

describe('a send that gets no place', () => {
  beforeEach(async () => {
    harness = await startHarness({
      accounts: (sandbox) => {
        const [pact] = sandboxAccounts(sandbox);
        const concurrency = { sends: 1, queue: 1 };
        return [
          { ...pact!, resilience: { sendTimeout: 400, concurrency } },
          { ...pact!, id: 'patient', resilience: { sendTimeout: 4_000 } },
        ];
      },
      config: { providers: { pact: { maxCalls: 1 } } },
    });
  });

  /** Sends what hangs at the provider, so that the one place is taken. */
  async function takePlace(): Promise<{ hanging: Promise<any> }> {
    const arrived = new Promise<void>((resolve) => {
      harness.sandbox.pact.failNext({ hang: true }, { call: 'sendMessage', match: () => (resolve(), true) });
    });
    const hanging = send(harness, { ...newInput(), conversationId: PATIENT });
    await arrived;
    return { hanging };
  }

  it('in its time, or not even one to wait at, is certainly refused: its key is free, and sends once later', async () => {
    const { hanging } = await takePlace();
    const inputs = Array.from({ length: 3 }, newInput);
    const refused = await Promise.all(inputs.map((input) => send(harness, input)));
    // One waits at the provider, one for a place of its account, and one finds its queue full.
    const codes = refused.map(({ userErrors }) => userErrors[0]?.code as string);
    expect(codes.toSorted()).toEqual(['OVERLOADED', 'PROVIDER_TIMEOUT', 'PROVIDER_TIMEOUT']);
    for (const payload of refused)
      expect(payload).toMatchObject({ ...NOTHING_SENT, userErrors: [{ retryable: true }] });
    expect(sentTexts(harness)).toEqual([]);
    expect(writeCalls(harness)).toEqual(['sendMessage']);
    expect((await hanging).delivery.state).toBe('UNKNOWN');

    for (const input of inputs) {
      const { message, userErrors } = await send(harness, input);
      expect([message?.text, userErrors]).toEqual([input.text, []]);
    }
    expect(sentTexts(harness)).toEqual(inputs.map(({ text }) => text));
  });
});

describe('a send to a provider that has not been answering', () => {
  beforeEach(() => start({ circuitBreaker: { minimumCalls: 2, window: 2, openFor: 3_600_000 }, retries: 0 }));

  /** Lets reads fail until nobody asks any more. */
  async function openCircuit(): Promise<void> {
    harness.sandbox.pact.failNext(500, { times: 2 });
    for (let reads = 0; reads < 2; reads += 1)
      await harness.query('{ conversationByExternalId(accountId: "sales", externalId: "8741") { title } }');
    harness.takeCalls();
  }

  const refusal = {
    ...NOTHING_SENT,
    userErrors: [{ code: 'PROVIDER_UNAVAILABLE', retryable: true, retryAfter: expect.any(Number) }],
  };

  it('is certainly refused, with the time after which to come again, and no call is made', async () => {
    const input = newInput();
    await openCircuit();
    for (let tries = 0; tries < 2; tries += 1) {
      const refused = await send(harness, input);
      expect(refused).toMatchObject(refusal);
      expect(refused.userErrors[0].retryAfter).toBeGreaterThanOrEqual(40);
      expect(refused.userErrors[0].retryAfter).toBeLessThanOrEqual(72);
    }
    expect(harness.takeCalls()).toEqual([]);
    expect(sentTexts(harness)).toEqual([]);
  });

  it('lets go of the files that it would have carried', async () => {
    const attachmentId = await uploaded(harness, conversations.pigeons, PDF);
    harness.sandbox.pigeons.failNext(500, { times: 2 });
    for (let reads = 0; reads < 2; reads += 1)
      await harness.query('{ account(id: "app") { conversations(first: 1) { nodes { id } } } }');
    harness.takeCalls();
    const input = { ...newInput(), conversationId: conversations.pigeons, attachmentIds: [attachmentId] };
    expect(await send(harness, input)).toMatchObject(refusal);
    expect(harness.takeCalls()).toEqual([]);
    expect(stagedFilesOpen()).toEqual([]);
  });

  it('shows in the account’s status and in the sources of a list, at no call', async () => {
    await openCircuit();
    const { account, conversations: list } = await harness.data(
      `{ account(id: "sales") { status }
         conversations(first: 50) { nodes { accountId } sources { account { id } answered error { code retryable retryAfter } } } }`,
    );
    expect(account.status).toBe('UNAVAILABLE');
    const sources = Object.fromEntries(list.sources.map((source: any) => [source.account.id, source]));
    expect(sources['sales']).toMatchObject({
      answered: false,
      error: { code: 'PROVIDER_UNAVAILABLE', retryable: true, retryAfter: expect.any(Number) },
    });
    expect(sources['app']).toMatchObject({ answered: true });
    expect(new Set(list.nodes.map((node: any) => node.accountId))).toEqual(new Set(['app']));
    expect(harness.takeCalls().filter((call) => call.startsWith('pact'))).toEqual([]);
    expect(writeCalls(harness)).toEqual([]);
  });
});

/** The staged files that this process has open. */
function stagedFilesOpen(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.includes('/parley-files-') ? [path] : [];
    } catch {
      return [];
    }
  });
}

describe('a provider that answers again', () => {
  beforeEach(() => start({ circuitBreaker: { minimumCalls: 2, window: 2, openFor: 30 }, retries: 0 }));

  it('is asked again, and the account’s status and the sends say so', async () => {
    const title = '{ conversationByExternalId(accountId: "sales", externalId: "8741") { title } }';
    const status = async () => (await harness.data('{ account(id: "sales") { status } }')).account.status;
    harness.sandbox.pact.failNext(500, { times: 2 });
    for (let reads = 0; reads < 2; reads += 1) await harness.query(title);
    expect(await status()).toBe('UNAVAILABLE');
    while ((await harness.query(title)).errors) await turnOfTheEventLoop();
    expect(await status()).toBe('OPERATIONAL');
    const input = newInput();
    expect(await send(harness, input)).toMatchObject({ message: { text: input.text }, userErrors: [] });
  });
});
