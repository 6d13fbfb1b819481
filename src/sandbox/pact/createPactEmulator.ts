import type { FastifyInstance } from 'fastify';
import { avatarFile } from '../content/files.ts';
import { createFileStore } from '../content/fileStore.ts';
import { createEmulatorApp } from '../core/emulatorApp.ts';
import { createSeeded, type Seeded } from '../core/createSeeded.ts';
import type { Emulator, MountedEmulator } from '../core/Emulator.ts';
import { wellKnown } from '../wellKnown.ts';
import { refusal, refuse } from './answers.ts';
import { createPactCompany, type PactCompany } from './company.ts';
import type { DeliveryResult, PactStoredJob } from './jobs.ts';
import { addPactReadRoutes } from './readRoutes.ts';
import type { PactState } from './state.ts';
import { storedAtPact, type PactStored } from './stored.ts';
import type { PactUploadRow } from './uploads.ts';
import { createPactWebhook, type PactWebhook, type PactWebhookSettings } from './webhook.ts';
import { addPactWriteRoutes, type DeliveryMode, type StartAnswer } from './writeRoutes.ts';

/** Pact v1 with one company and one token (pact.md). */
export interface PactEmulator
  extends Emulator, Omit<PactState, 'conversations' | 'conversation' | 'nextMessageId'> {
  /** Goes into `X-Private-Api-Token`. */
  readonly token: string;
  readonly companyId: number;
  /** The stored conversations, by id. */
  conversations(): PactState['conversations'];
  /** On: page tokens count rows, so that arrivals shift the pages; off (the default): they name the last row. */
  offsetTokens(on: boolean): void;
  /** Whatever was uploaded, used or not, oldest first. */
  uploads(): readonly PactUploadRow[];
  /** The delivery jobs, oldest first. */
  jobs(): readonly PactStoredJob[];
  /**
   * How the sends from now on are delivered. `default`: on WhatsApp at once, elsewhere when the job is asked for the second time;
   * `sync`: all at once; `async`: when `settleJob` or `settleJobs` says so.
   */
  delivery(mode: DeliveryMode): void;
  /** What starts answer from now on: `conversation` (the default), or the `job` that delivers the text. */
  startAnswer(kind: StartAnswer): void;
  /** Ends a job that waits; what is delivered enters the history now. Throws `RangeError` when no such job waits. */
  settleJob(id: number, result: DeliveryResult, reason?: string): void;
  /** Delivers whatever waits. */
  settleJobs(): void;
  /** What clients wrote over HTTP. */
  stored(): PactStored;
  /** Where whatever happens from now on is posted to; undefined (the default) for nowhere, which ends what is queued. */
  setWebhook(url: string | undefined, settings?: PactWebhookSettings): void;
  readonly webhook: Pick<PactWebhook, 'delivered' | 'settled'> & {
    /** Posts any body, in its turn: a text as it is, anything else as JSON. */
    send(body: unknown): void;
    /** Tells how far a message has come (pact.md, `message/ack`). Throws `RangeError` when there is no such message. */
    ack(messageId: number, ack: number): void;
  };
}

const TOKEN = 'pact-sandbox-token';
const calls = [
  ...['conversations', 'conversation', 'messages'],
  ...['startConversation', 'sendMessage', 'uploadAttachment', 'job'],
];
const MISSING_AVATAR = '/avatars/original/missing.png';

/** What a test can switch, apart from faults. */
interface Settings {
  offsetTokens: boolean;
  delivery: DeliveryMode;
  startAnswer: StartAnswer;
}

const usual: Settings = { offsetTokens: false, delivery: 'default', startAnswer: 'conversation' };

/** An emulator at `url`, with the seed. */
export async function createPactEmulator(url: string): Promise<MountedEmulator<PactEmulator>> {
  const store = createFileStore('pact', url, { [MISSING_AVATAR]: avatarFile('missing.png') });
  const webhook = createPactWebhook();
  const seeded = createSeeded(() => createPactCompany(store, url, webhook.post));
  const settings = { ...usual };
  const app = await createEmulatorApp({
    url,
    calls,
    files: store.files,
    uploadedFile: (path) => seeded.now().uploads.served(path),
    bodies: ['form', 'multipart'],
    refusal,
    routes(scope) {
      addCredentials(scope);
      addPactReadRoutes(scope, () => ({ ...settings, state: seeded.now().state }));
      addPactWriteRoutes(scope, {
        change: seeded.change,
        delivery: () => settings.delivery,
        startAnswer: () => settings.startAnswer,
      });
    },
  });
  const emulator: PactEmulator = {
    ...app.emulator,
    ...controls(seeded, settings),
    ...webhookControls(seeded, webhook),
  };
  return {
    ...app,
    emulator,
    prefixes: ['/p1/', '/files/pact/', '/avatars/pact/', MISSING_AVATAR],
    reset() {
      seeded.reset();
      Object.assign(settings, usual);
      webhook.reset();
      emulator.clearFaults();
      emulator.clearRequests();
    },
    async close() {
      webhook.reset();
      await app.close();
    },
  };
}

type WebhookControl = 'setWebhook' | 'webhook';

function controls(
  { now, change }: Seeded<PactCompany>,
  settings: Settings,
): Omit<PactEmulator, keyof Emulator | WebhookControl> {
  return {
    token: TOKEN,
    companyId: wellKnown.pact.companyId,
    // Copies: what a test has read must not change under it.
    conversations: () => [...now().state.conversations],
    messages: (id) => [...now().state.messages(id)],
    addConversation(partial) {
      const { state, events } = change();
      const row = state.addConversation(partial);
      events.conversation(row);
      return row;
    },
    addMessage(id, partial) {
      const { state, events } = change();
      const row = state.addMessage(id, partial);
      events.message(id, row);
      return row;
    },
    deleteMessage: (id) => change().state.deleteMessage(id),
    offsetTokens(on) {
      settings.offsetTokens = on;
    },
    uploads: () => now().uploads.list(),
    jobs: () => now().jobs.list(),
    delivery(mode) {
      settings.delivery = mode;
    },
    startAnswer(kind) {
      settings.startAnswer = kind;
    },
    settleJob: (id, result, reason) => change().jobs.settle(id, result, reason),
    settleJobs: () => change().jobs.settleAll(),
    stored: () => storedAtPact(now()),
  };
}

function webhookControls(
  { now }: Seeded<PactCompany>,
  { register, post, delivered, settled }: PactWebhook,
): Pick<PactEmulator, WebhookControl> {
  return {
    setWebhook: register,
    webhook: {
      delivered,
      settled,
      send: post,
      ack(messageId, ack) {
        const { state, events } = now();
        for (const { external_id } of state.conversations) {
          const row = state.messages(external_id).find((message) => message.external_id === messageId);
          if (!row) continue;
          events.ack(external_id, row, ack);
          return;
        }
        throw new RangeError(`the Pact emulator has no message ${messageId}`);
      },
    },
  };
}

function addCredentials(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    // The provider also takes the token from the query string; that leaks into logs, so the emulator does not.
    if (request.headers['x-private-api-token'] !== TOKEN) return refuse(reply, 401);
    const { company } = request.params as { company: string };
    if (company !== String(wellKnown.pact.companyId)) return refuse(reply, 404);
    return undefined;
  });
}
