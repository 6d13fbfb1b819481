import { setTimeout as wait } from 'node:timers/promises';

/** One try to post a webhook. */
export interface PactWebhookDelivery {
  /** What was posted: parsed where it is JSON, else the text. */
  readonly body: unknown;
  /** Null where no answer came. */
  readonly status: number | null;
}

export interface PactWebhookSettings {
  /** Milliseconds between two tries; 6,000 unless given, which is ten in a minute. */
  readonly pause?: number;
}

/** Posts webhooks to the address that a company has registered. */
export interface PactWebhook {
  /** Registers an address, or none, which ends whatever is queued. */
  readonly register: (url: string | undefined, settings?: PactWebhookSettings) => void;
  /** Queues a body: a text as it is, anything else as JSON. Forgets it where there is no address. */
  readonly post: (body: unknown) => void;
  /** Every try that is over, oldest first; the latest thousand. */
  readonly delivered: () => readonly PactWebhookDelivery[];
  /** Resolves when nothing is queued or under way. */
  readonly settled: () => Promise<void>;
  /** Ends whatever is queued, and forgets the address and what was delivered. */
  reset(): void;
}

// pact.md: "answer 200, else repeated up to 10 times within 60 s".
const MAX_TRIES = 10;
const WINDOW = 60_000;
const PAUSE = 6_000;
/** Milliseconds for one answer, which pact.md does not say. */
const ANSWER_TIME = 10_000;
const KEPT = 1_000;

/** In the order in which things happened, one at a time: one that is not taken holds up those behind it. */
export function createPactWebhook(): PactWebhook {
  const deliveries: PactWebhookDelivery[] = [];
  let url: string | undefined;
  let pause = PAUSE;
  let ending = new AbortController();
  let last = Promise.resolve();

  const end = (): void => {
    ending.abort();
    ending = new AbortController();
  };

  return {
    register(next, settings = {}) {
      url = next;
      pause = settings.pause ?? PAUSE;
      if (url === undefined) end();
    },

    post(body) {
      if (url === undefined) return;
      // Written now: what a body is made of may change before its turn comes.
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const { signal } = ending;
      last = last.then(() => deliver(text, signal));
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
      end();
      url = undefined;
      pause = PAUSE;
      deliveries.length = 0;
    },
  };

  async function deliver(text: string, signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + WINDOW;
    const isEnded = () => signal.aborted;
    for (let tries = 1; !isEnded(); tries += 1) {
      const status = await attempt(text, signal);
      if (isEnded()) return;
      deliveries.push({ body: parse(text), status });
      if (deliveries.length > KEPT) deliveries.shift();
      if (status === 200 || tries === MAX_TRIES || Date.now() + pause > deadline) return;
      // It rejects when all is ended, which the loop sees.
      await wait(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  async function attempt(text: string, signal: AbortSignal): Promise<number | null> {
    try {
      const response = await fetch(url!, {
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
