import { setTimeout as wait } from 'node:timers/promises';

/** One try to post a webhook. */
export interface PactWebhookDelivery {
  /** What was posted: parsed where it is JSON, else the text. */
  readonly body: unknown;
  /** Null where no answer came. */
  readonly status: number | null;
}

/** Which of the two kinds of webhook is posted. */
export type PactWebhookVersion = 1 | 2;

export interface PactWebhookSettings {
  /** Milliseconds between two tries; unless given, so that all of them take a minute. */
  readonly pause?: number;
  /** 1 unless given. */
  readonly version?: PactWebhookVersion;
}

/** Posts webhooks to the address that a company has registered. */
export interface PactWebhook {
  /**
   * Registers an address, or none, which ends whatever is queued. In version 2 the address is probed first, and what happens
   * meanwhile waits; one that does not take the probe is forgotten with what waits.
   */
  readonly register: (url: string | undefined, settings?: PactWebhookSettings) => void;
  /** Of the address that is registered; 1 when there is none. */
  readonly version: () => PactWebhookVersion;
  /** Queues a body: a text as it is, anything else as JSON. Forgets it where there is no address. */
  readonly post: (body: unknown) => void;
  /** Every try that is over, oldest first; the latest thousand. */
  readonly delivered: () => readonly PactWebhookDelivery[];
  /** Resolves when nothing is queued or under way. */
  readonly settled: () => Promise<void>;
  /** Ends whatever is queued, and forgets the address and what was delivered. */
  reset(): void;
}

// pact.md, of v1: "answer 200, else repeated up to 10 times within 60 s"; of v2: "up to 5 times within 60 s".
const MAX_TRIES = { 1: 10, 2: 5 } as const;
const WINDOW = 60_000;
const PROBE = { source: 'pact.im', operation: 'test' };
/** Milliseconds for one answer, which pact.md does not say. */
const ANSWER_TIME = 10_000;
const KEPT = 1_000;

/** An address as it was registered. */
type Target = Required<PactWebhookSettings> & { readonly url: string };

/** In the order in which things happened, one at a time: one that is not taken holds up those behind it. */
export function createPactWebhook(): PactWebhook {
  const deliveries: PactWebhookDelivery[] = [];
  let target: Target | undefined;
  let ending = new AbortController();
  let last = Promise.resolve();

  const forget = (): void => {
    target = undefined;
    ending.abort();
    ending = new AbortController();
  };

  return {
    register(url, { version = 1, pause = WINDOW / MAX_TRIES[version] } = {}) {
      if (url === undefined) {
        forget();
        return;
      }
      const next = { url, version, pause };
      target = next;
      if (version === 1) return;
      const { signal } = ending;
      last = last.then(async () => {
        const isTaken = await deliver(JSON.stringify(PROBE), signal);
        if (!isTaken && target === next) forget();
      });
    },

    version: () => target?.version ?? 1,

    post(body) {
      if (target === undefined) return;
      // Written now: what a body is made of may change before its turn comes.
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const { signal } = ending;
      last = last.then(async () => {
        await deliver(text, signal);
      });
    },

    delivered: () => [...deliveries],

    async settled() {
      let seen;
      do {
        seen = last;
        await seen;
      } while (seen !== last);
    },

    reset() {
      forget();
      deliveries.length = 0;
    },
  };

  /** Whether it was taken. */
  async function deliver(text: string, signal: AbortSignal): Promise<boolean> {
    const deadline = Date.now() + WINDOW;
    for (let tries = 1; ; tries += 1) {
      const to = target;
      if (signal.aborted || to === undefined) return false;
      const status = await attempt(to.url, text, signal);
      if (isEnded(signal)) return false;
      deliveries.push({ body: parse(text), status });
      if (deliveries.length > KEPT) deliveries.shift();
      if (status === 200) return true;
      if (tries >= MAX_TRIES[to.version] || Date.now() + to.pause > deadline) return false;
      // It rejects when all is ended, which the loop sees.
      await wait(to.pause, undefined, { signal }).catch(() => undefined);
    }
  }

  async function attempt(url: string, text: string, signal: AbortSignal): Promise<number | null> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: text,
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIME)]),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return null;
    }
  }
}

// A call, because the compiler takes a field that it has seen false to stay so.
function isEnded(signal: AbortSignal): boolean {
  return signal.aborted;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
