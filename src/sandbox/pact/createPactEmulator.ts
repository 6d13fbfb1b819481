import type { FastifyInstance } from 'fastify';
import { avatarFile } from '../content/files.ts';
import { createFileStore } from '../content/fileStore.ts';
import { acceptBodies } from '../core/bodies.ts';
import { createEmulatorApp } from '../core/emulatorApp.ts';
import { createSeeded, type Seeded } from '../core/createSeeded.ts';
import type { Emulator, MountedEmulator } from '../core/Emulator.ts';
import { wellKnown } from '../wellKnown.ts';
import { refusal, refuse } from './answers.ts';
import { createPactCompany, type PactCompany } from './company.ts';
import type { DeliveryResult, PactStoredJob } from './jobs.ts';
import { addPactReadRoutes } from './readRoutes.ts';
import type { DeliveryMode } from './settlingOf.ts';
import type { PactState } from './state.ts';
import { storedAtPact, type PactStored } from './stored.ts';
import type { PactUploadRow } from './uploads.ts';
import { createPactWebhook, type PactWebhook, type PactWebhookSettings } from './webhook.ts';
import { createPactV2Controls, type PactV2Controls, type PactV2Settings } from './v2/controls.ts';
import { addPactV2Credentials } from './v2/credentials.ts';
import { statusOfAck } from './v2/delivery.ts';
import { findMessage } from './v2/history.ts';
import { addPactV2ReadRoutes } from './v2/readRoutes.ts';
import { addPactV2WriteRoutes } from './v2/writeRoutes.ts';
import { addPactWriteRoutes, type StartAnswer } from './writeRoutes.ts';

/** Pact with one company and one token (pact.md): v1 and v2 over the same state. */
export interface PactEmulator
  extends Emulator, Omit<PactState, 'conversations' | 'conversation' | 'nextMessageId'> {
  /** Goes into `X-Private-Api-Token`; in v2 into `private_api_token`. */
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
   * `sync`: all at once; `async`: when `settleJob` or `settleJobs` says so. In v2, whose messages stand in the history from the
   * beginning, they are `created` until then: in `default` on WhatsApp until after the answer, elsewhere until the message is read by
   * itself for the second time; in `async` until `settleJobs` or `v2.settle` says so.
   */
  delivery(mode: DeliveryMode): void;
  /** What starts answer from now on: `conversation` (the default), or the `job` that delivers the text. */
  startAnswer(kind: StartAnswer): void;
  /** Ends a job that waits; what is delivered enters the history now. Throws `RangeError` when no such job waits. */
  settleJob(id: number, result: DeliveryResult, reason?: string): void;
  /** Delivers whatever waits, in v2 too. */
  settleJobs(): void;
  /** What clients wrote over HTTP. */
  stored(): PactStored;
  /** Where whatever happens from now on is posted to, as webhooks of v1 unless told otherwise; undefined (the default) for nowhere, which ends what is queued. */
  setWebhook(url: string | undefined, settings?: PactWebhookSettings): void;
  readonly webhook: Pick<PactWebhook, 'delivered' | 'settled'> & {
    /** Posts any body, in its turn: a text as it is, anything else as JSON. */
    send(body: unknown): void;
    /** Tells how far a message has come (pact.md, `message/ack`; in v2 that changes its status). Throws `RangeError` when there is no such message. */
    ack(messageId: number, ack: number): void;
  };
  /** The second version, and what only that tells. */
  readonly v2: PactV2Controls;
}

const TOKEN = 'pact-sandbox-token';
const calls = [
  ...['conversations', 'conversation', 'messages'],
  ...['startConversation', 'sendMessage', 'uploadAttachment', 'job'],
  ...['v2Conversations', 'v2Conversation', 'v2Messages', 'v2Message'],
  ...['v2SendMessage', 'v2StartConversation', 'v2UploadAttachment'],
  ...['v2UpdateConversation', 'v2DeleteMessages'],
];
const MISSING_AVATAR = '/avatars/original/missing.png';

/** What a test can switch, apart from faults. */
interface Settings {
  offsetTokens: boolean;
  delivery: DeliveryMode;
  startAnswer: StartAnswer;
  readonly v2: PactV2Settings;
}

const usual = (): Settings => ({
  offsetTokens: false,
  delivery: 'default',
  startAnswer: 'conversation',
  v2: { order: 'desc', uploadLimit: false },
});

/** An emulator at `url`, with the seed. */
export async function createPactEmulator(url: string): Promise<MountedEmulator<PactEmulator>> {
  const store = createFileStore('pact', url, { [MISSING_AVATAR]: avatarFile('missing.png') });
  const webhook = createPactWebhook();
  const seeded = createSeeded(() => createPactCompany(store, url, webhook));
  const settings = usual();
  const app = await createEmulatorApp({
    url,
    calls,
    files: store.files,
    uploadedFile: (path) => seeded.now().uploads.served(path),
    bodies: ['form', 'multipart'],
    refusal,
    routes(scope) {
      // Each in a scope of its own: they check credentials in different places, and take different bodies.
      scope.register((v1, _options, done) => {
        addV1(v1, seeded, settings);
        done();
      });
      scope.register((v2, _options, done) => {
        addV2(v2, seeded, settings);
        done();
      });
    },
  });
  const emulator: PactEmulator = {
    ...app.emulator,
    ...controls(seeded, settings),
    ...webhookControls(seeded, webhook),
    v2: createPactV2Controls(seeded, settings.v2),
  };
  return {
    ...app,
    emulator,
    prefixes: ['/p1/', '/api/p2/', '/files/pact/', '/avatars/pact/', MISSING_AVATAR],
    reset() {
      seeded.reset();
      const { v2, ...others } = usual();
      Object.assign(settings, others);
      Object.assign(settings.v2, v2);
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
type LaterControl = WebhookControl | 'v2';

function controls(
  { now, change }: Seeded<PactCompany>,
  settings: Settings,
): Omit<PactEmulator, keyof Emulator | LaterControl> {
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
    deleteMessage: (id) => change().changes.vanish(id),
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
    settleJobs() {
      const { jobs, delivery } = change();
      jobs.settleAll();
      delivery.settleAll();
    },
    stored: () => storedAtPact(now()),
  };
}

function webhookControls(
  { change }: Seeded<PactCompany>,
  { register, post, delivered, settled }: PactWebhook,
): Pick<PactEmulator, WebhookControl> {
  return {
    setWebhook: register,
    webhook: {
      delivered,
      settled,
      send: post,
      ack(messageId, ack) {
        const company = change();
        const { conversationId, row } = findMessage(company, messageId);
        const status = statusOfAck(ack);
        if (status) company.changes.message(messageId, { status });
        company.events.ack(conversationId, row, ack);
      },
    },
  };
}

function addV1(app: FastifyInstance, { now, change }: Seeded<PactCompany>, settings: Settings): void {
  addCredentials(app);
  addPactReadRoutes(app, () => ({ ...settings, state: now().state }));
  addPactWriteRoutes(app, {
    change,
    delivery: () => settings.delivery,
    startAnswer: () => settings.startAnswer,
  });
}

function addV2(app: FastifyInstance, { now, change }: Seeded<PactCompany>, settings: Settings): void {
  acceptBodies(app, ['json', 'multipart']);
  addPactV2Credentials(app, TOKEN);
  addPactV2ReadRoutes(app, () => ({
    history: now(),
    order: settings.v2.order,
    asked: (id) => now().delivery.ask(id),
  }));
  addPactV2WriteRoutes(app, {
    change,
    delivery: () => settings.delivery,
    uploadLimit: () => settings.v2.uploadLimit,
  });
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
