import { AsyncLocalStorage } from 'node:async_hooks';
import { jest } from '@jest/globals';
import type { Background } from '../../src/messaging/background.ts';
import { ParleyError, ProviderError } from '../../src/messaging/errors.ts';
import type { Once, Outcome, Task } from '../../src/messaging/once.ts';
import type { LostSend, Progress } from '../../src/messaging/outgoing.ts';
import { progressOf } from '../../src/messaging/outgoing.ts';
import type { Provider, ReadContext } from '../../src/messaging/provider.ts';
import type { Store } from '../../src/messaging/store.ts';
import { toUserError } from '../../src/messaging/userErrors.ts';
import { createMemoryStore } from '../../src/store/createMemoryStore.ts';
import { createUpstreamCalls } from '../../src/messaging/upstreamCalls.ts';

/**
 * A world in which time and order are the test's: every call of a store or a provider, and every pause, waits until it is
 * let on. Processes share the store and the provider; one that crashes is never let on again.
 */

/** What a provider does with a send. `LATE` is seen in its history later than it was taken; `LOSE` loses the answer. */
export type SendFate = 'ACCEPT' | 'JOB' | 'REFUSE' | 'ACCEPT_LOSE' | 'LATE_LOSE' | 'DROP_LOSE';
/** What a history shows: what there is; less, and that it is less; nothing, as if there were nothing; or no answer. */
export type ReadFate = 'ANSWER' | 'SHORT' | 'BLIND' | 'FAIL';
/** What a store does with a call: before or after it fails, it may have done it. */
export type StoreFate = 'ANSWER' | 'FAIL' | 'DO_AND_FAIL';

export interface Fates {
  send(): SendFate;
  read(): ReadFate;
  store(): StoreFate;
}

export const WELL: Fates = { send: () => 'ACCEPT', read: () => 'ANSWER', store: () => 'ANSWER' };

/** A content: the texts of the messages that it becomes. */
export type Texts = readonly string[];

export interface Process {
  readonly once: Once;
  readonly background: Background;
  isAlive: boolean;
  readonly crashes: (() => void)[];
}

/** A call of a process, with what the provider has told it. */
export interface Call {
  readonly key: string;
  readonly texts: Texts;
  readonly told: ('ACCEPTED' | 'REFUSED' | 'LOST')[];
  result?: Outcome | ParleyError;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** What the content becomes by now, where that has changed since its key was first used. */
  readonly splitAs?: Texts;
}

/** A message at the provider's far side: who sent it, as only the test knows. */
export interface Stored {
  readonly id: string;
  readonly key: string;
  readonly part: number;
  readonly text: string;
  readonly at: number;
}

export interface World {
  fates: Fates;
  readonly stored: readonly Stored[];
  readonly now: () => number;
  open(): Process;
  crash(process: Process): void;
  /** Begins a call, and lets it wait at its first turn. */
  call(process: Process, key: string, texts: Texts, options?: CallOptions): Call;
  refresh(process: Process, key: string, part: number): void;
  /** Lets one of those on who wait; false where nobody does. */
  step(pick: number): Promise<boolean>;
  /** Lets everybody on, or everybody of one process, in the order of time, until nobody of them waits. */
  settle(process?: Process): Promise<void>;
  /** Lets a call's process on until the call has got so far, or has ended. */
  until(process: Process, isThere: () => boolean): Promise<void>;
  /** Lets the store forget everything. */
  forget(): void;
  advance(milliseconds: number): Promise<void>;
}

export const TIMEOUT = 15_000;
export const SETTLING = 60_000;
const DAY = 86_400_000;

const whose = new AsyncLocalStorage<Process>();
/** The world of the test that is running: pauses belong to it. */
let turnAt: (due: number) => Promise<void>;
let clock = 0;

jest.unstable_mockModule('node:timers/promises', () => ({
  setTimeout: (milliseconds: number, _value: unknown, { signal }: { signal: AbortSignal }) =>
    new Promise<void>((resolve, reject) => {
      const abort = () => reject(new Error('aborted'));
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort);
      void turnAt(clock + milliseconds).then(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    }),
}));
const { createBackground } = await import('../../src/messaging/background.ts');
const { createContenders } = await import('../../src/messaging/contenders.ts');
const { createContention } = await import('../../src/messaging/contention.ts');
const { createOnce } = await import('../../src/messaging/once.ts');
const { createSendRecords } = await import('../../src/messaging/sendRecords.ts');

const flush = () => new Promise((resolve) => setImmediate(resolve));

export function createWorld({ namesSends }: { readonly namesSends: boolean }): World {
  clock = Date.UTC(2026, 0, 1);
  const now = () => clock;
  let waiting: { process: Process; due: number; letOn: () => void }[] = [];
  let events: { due: number; happen: () => void }[] = [];
  const stored: (Stored & { name: string; seenAt: number })[] = [];
  let memory = createMemoryStore({ now });

  turnAt = (due) =>
    new Promise((letOn) => {
      const process = whose.getStore()!;
      if (process.isAlive) waiting.push({ process, due, letOn });
    });
  const turn = () => turnAt(clock);

  // Of the try that begins: its send is called at once.
  let deadline = Infinity;
  jest.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
    const controller = new AbortController();
    deadline = clock + milliseconds;
    events.push({ due: clock + milliseconds, happen: () => controller.abort() });
    return controller.signal;
  });
  const world: World = {
    fates: WELL,
    stored,
    now,
    open,
    crash(process) {
      process.isAlive = false;
      waiting = waiting.filter((other) => other.process !== process);
      for (const happen of process.crashes) happen();
    },
    call(process, key, texts, { signal = new AbortController().signal, splitAs = texts } = {}) {
      const call: Call = { key, texts, told: [] };
      const running = whose.run(process, () => process.once.run(taskOf(call, splitAs), contextOf(signal)));
      running.then(
        (outcome) => (call.result = outcome),
        (error: unknown) => (call.result = error as ParleyError),
      );
      return call;
    },
    refresh(process, key, part) {
      const place = { scope: key, index: part, provider };
      const context = contextOf(new AbortController().signal);
      whose.run(process, () => process.once.refresh(place, context)).catch(() => undefined);
    },
    async step(pick) {
      await flush();
      if (waiting.length === 0) return false;
      const [next] = waiting.splice(pick % waiting.length, 1);
      passTo(next!.due);
      next!.letOn();
      await flush();
      return true;
    },
    settle: (process) => letOn(() => false, process),
    until: (process, isThere) => letOn(isThere, process),
    forget() {
      memory = createMemoryStore({ now });
    },
    async advance(milliseconds) {
      passTo(clock + milliseconds);
      await flush();
    },
  };

  const provider: Provider = {
    name: namesSends ? 'LETSTALK' : 'PACT',
    namesSends,
    async loadProgress(_conversationId: string | null, { job }: Progress) {
      await turn();
      if (world.fates.read() !== 'ANSWER') throw unavailable();
      const message = stored.find(({ id, seenAt }) => `job ${id}` === job && seenAt <= clock);
      await turn();
      return message ? { conversationId: '7', progress: toProgress(message.id, 'JOB') } : null;
    },
    async findSent(_conversationId: string, lost: LostSend) {
      await turn();
      const fate = world.fates.read();
      if (fate === 'FAIL') throw unavailable();
      const found = stored.filter((message) =>
        message.seenAt > clock
          ? false
          : namesSends
            ? message.name === lost.name
            : message.text === lost.digest && isWithin(message.seenAt, lost),
      );
      await turn();
      return {
        found: fate !== 'ANSWER' ? [] : found.map(({ id }) => toProgress(id, 'HISTORY')),
        complete: namesSends && fate !== 'SHORT',
      };
    },
  } as Partial<Provider> as Provider;

  return world;

  async function letOn(isThere: () => boolean, only?: Process): Promise<void> {
    for (let steps = 0; steps < 5_000; steps += 1) {
      await flush();
      if (isThere()) return;
      const dues = waiting.map(({ process, due }) => (only && process !== only ? Infinity : due));
      const next = Math.min(...dues);
      if (next === Infinity) return;
      await world.step(dues.indexOf(next));
    }
    throw new Error('It never comes to an end.');
  }

  function open(): Process {
    const background = createBackground(() => undefined);
    const store = remote();
    const process: Process = {
      background,
      isAlive: true,
      crashes: [],
      once: createOnce({
        records: createSendRecords(store, DAY),
        contention: createContention(createContenders(store, DAY)),
        background,
        settlingTime: SETTLING,
        stopping: new AbortController().signal,
        now,
        report: () => undefined,
      }),
    };
    return process;
  }

  /** The store that all share, with what can happen on the way to it and back. */
  function remote(): Store {
    const over = async <T>(work: () => Promise<T>): Promise<T> => {
      const fate = world.fates.store();
      await turn();
      if (fate === 'FAIL') throw storeUnavailable();
      const answer = await work();
      await turn();
      if (fate === 'DO_AND_FAIL') throw storeUnavailable();
      return answer;
    };
    return {
      get: (key) => over(() => memory.get(key)),
      create: (...call) => over(() => memory.create(...call)),
      replace: (...call) => over(() => memory.replace(...call)),
      remove: (...call) => over(() => memory.remove(...call)),
    };
  }

  function taskOf(call: Call, splitAs: Texts): Task {
    const { key, texts } = call;
    return {
      scope: key,
      provider,
      fingerprint: JSON.stringify(texts),
      keyField: 'idempotencyKey',
      async plan() {
        await turn();
        return {
          record: { viewerId: 'v', accountId: 'acc', conversationId: '7', start: null },
          parts: splitAs.map((text, part) => ({
            name: `${key}:${part}`,
            digest: text,
            fileCount: 0,
            timeout: TIMEOUT,
            send: (context) => send(call, part, context),
            toUserError: (error) => toUserError(error),
          })),
        };
      },
    };
  }

  async function send(call: Call, part: number, { signal }: ReadContext) {
    const fate = world.fates.send();
    const until = deadline;
    let id = '';
    let hasArrived = false;
    const arrive = () => {
      if (hasArrived) return;
      hasArrived = true;
      const seenAt = fate === 'LATE_LOSE' ? until + SETTLING - 1 : clock;
      if (fate !== 'REFUSE' && fate !== 'DROP_LOSE') id = take(call, part, seenAt);
    };
    const ended = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        arrive();
        reject(lost());
      });
    });
    whose.getStore()!.crashes.push(arrive);
    try {
      await Promise.race([turn(), ended]);
      arrive();
      await Promise.race([turn(), ended]);
      if (fate === 'REFUSE') throw refused();
      if (fate !== 'ACCEPT' && fate !== 'JOB') throw lost();
    } catch (error) {
      call.told.push((error as ParleyError).refused ? 'REFUSED' : 'LOST');
      throw error;
    }
    call.told.push('ACCEPTED');
    const queued = { state: 'QUEUED', evidence: 'RESPONSE', final: false, job: `job ${id}` } as const;
    return {
      progress: fate === 'JOB' ? progressOf(queued) : toProgress(id, 'RESPONSE'),
      conversationId: '7',
    };
  }

  function take({ key, texts }: Call, part: number, seenAt: number): string {
    const id = `m${stored.length + 1}`;
    stored.push({ id, key, part, text: texts[part]!, name: `${key}:${part}`, at: clock, seenAt });
    return id;
  }

  function passTo(due: number): void {
    for (;;) {
      const next = events.toSorted((a, b) => a.due - b.due)[0];
      if (!next || next.due > due) break;
      events = events.filter((event) => event !== next);
      clock = Math.max(clock, next.due);
      next.happen();
    }
    clock = Math.max(clock, due);
  }
}

function isWithin(instant: number, { from, until }: LostSend): boolean {
  return instant >= Date.parse(from) && instant <= Date.parse(until);
}

function toProgress(messageId: string, evidence: Progress['evidence']): Progress {
  return progressOf({ state: 'SENT', evidence, final: true, messageId });
}

function contextOf(signal: AbortSignal): ReadContext {
  return { signal, calls: createUpstreamCalls(), header: () => undefined, share: (_key, load) => load() };
}

function refused(): ParleyError {
  return new ProviderError('PROVIDER_RATE_LIMITED', 'Too many at once.', { refused: true, retryable: true });
}

function lost(): ParleyError {
  return new ProviderError('PROVIDER_TIMEOUT', 'No answer came.', { retryable: true });
}

function unavailable(): ParleyError {
  return new ProviderError('PROVIDER_UNAVAILABLE', 'It is down.', { retryable: true });
}

function storeUnavailable(): ParleyError {
  return new ParleyError('STORE_UNAVAILABLE', 'The store is away.', { retryable: true });
}
