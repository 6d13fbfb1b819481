import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config, FileStorageConfig } from './config/index.ts';
import { ConfigError } from './config/index.ts';
import type { Rate } from './config/quantities.ts';
import { createBackground } from './messaging/background.ts';
import { createContenders } from './messaging/contenders.ts';
import { createContention } from './messaging/contention.ts';
import { ParleyError } from './messaging/errors.ts';
import type { RateLimit } from './messaging/rateLimit.ts';
import type { Gestures } from './messaging/gestures.ts';
import { createGestures } from './messaging/gestures.ts';
import { createOnce } from './messaging/once.ts';
import { createSendRecords } from './messaging/sendRecords.ts';
import type { Sending } from './messaging/sending.ts';
import { createSending } from './messaging/sending.ts';
import type { Staging } from './messaging/staging.ts';
import type { Store } from './messaging/store.ts';
import type { Uploading } from './messaging/uploading.ts';
import { createUploading } from './messaging/uploading.ts';
import { createUploads } from './messaging/uploads.ts';
import type { WriteObserver } from './messaging/writeObserver.ts';
import { createMemoryStore } from './store/createMemoryStore.ts';
import { createRateLimit } from './store/createRateLimit.ts';
import { createRedisStore } from './store/createRedisStore.ts';
import type { StoreObserver } from './store/observeStore.ts';
import { observeStore } from './store/observeStore.ts';
import { createFolderStaging } from './uploads/createFolderStaging.ts';
import { createS3Staging } from './uploads/createS3Staging.ts';
import { sniff } from './uploads/sniff.ts';

/** Everything that writes, and what outlives a request for it. */
export interface Writing {
  readonly sending: Sending;
  readonly uploading: Uploading;
  readonly gestures: Gestures;
  readonly staging: Staging;
  /** Whether the store can be used, as last seen. */
  readonly isStoreUsable: () => boolean;
  /** A limit for each viewer, which processes that share a store count together. */
  readonly rateLimit: (what: string, rate: Rate) => RateLimit;
  /** Lets sends that are under way end, for so many milliseconds at the most, and closes the store. */
  readonly close: (patience: number) => Promise<void>;
}

export interface WritingOptions {
  readonly config: Config;
  /** Milliseconds that calls of each kind may take at the most, by any account. */
  readonly timeouts: { readonly read: number; readonly send: number; readonly upload: number };
  /** Aborts when Parley stops, and waits for answers no longer. */
  readonly stopping: AbortSignal;
  readonly observer: WriteObserver;
  readonly storeObserver: StoreObserver;
  readonly log: Logger;
  /** Where anyone who knows a staged file's key can read it. */
  readonly urlOf: (stagedKey: string, fileName: string) => string;
}

/** How often files whose time is over are looked for; milliseconds. */
const SWEEP_INTERVAL = 600_000;
/** Milliseconds by which the storage's clock may be ahead. */
const SWEEP_MARGIN = 300_000;

export async function openWriting(options: WritingOptions): Promise<Writing> {
  const { config, log, urlOf, timeouts, stopping, observer } = options;
  const { sends, uploads: limits } = config;
  const report = (error: unknown, what: string) => {
    const { code, source, message } = error instanceof ParleyError ? error : {};
    log.warn({ ...source, code, ...(code ? { reason: message } : { err: error }) }, what);
  };
  // One clock for all processes: whether a send is overdue must not depend on who looks.
  const { now, rateLimit, isStoreUsable, close: closeStore, ...opened } = openStore(config, report);
  const store = observeStore(opened.store, options.storeObserver);
  const { staging, close: closeStaging } = await openStaging(limits.storage);
  const stopSweeping = sweepRegularly(
    staging,
    // A file is known by its upload, and can be sent, for as long after it has arrived.
    { unsent: limits.unsentTtl + limits.totalTimeout + SWEEP_MARGIN, sent: limits.sentRetention },
    report,
  );

  const background = createBackground(report);
  const contention = createContention(createContenders(store, sends.keyTtl));
  const records = createSendRecords(store, sends.keyTtl);
  const once = createOnce({
    ...{ records, contention, background, now, report, stopping },
    settlingTime: sends.settlingTime,
  });
  const uploads = createUploads({ store, staging, keep: limits.unsentTtl, sniff, urlOf, now });
  return {
    sending: createSending({
      ...{ once, uploads, observer },
      rate: config.limits.sends && rateLimit('sends', config.limits.sends),
      // Before it sends, an adapter may have to read: Pigeons has to be told the receiver.
      sendTimeout: timeouts.read + timeouts.send,
      fileSendTimeout: timeouts.read + timeouts.upload,
    }),
    uploading: createUploading({
      ...{ uploads, store, now, keep: limits.unsentTtl, observer },
      timeout: timeouts.upload,
    }),
    gestures: createGestures(),
    staging,
    rateLimit,
    isStoreUsable,
    async close(patience) {
      stopSweeping();
      // What is not over by then is found overdue, and settled by evidence.
      await Promise.race([background.idle(), wait(patience, undefined, { ref: false })]);
      await closeStore();
      await closeStaging();
    },
  };
}

function openStore(
  { redis }: Config,
  report: (error: unknown, what: string) => void,
): Pick<Writing, 'rateLimit' | 'isStoreUsable'> & {
  store: Store;
  now: () => number;
  close: () => Promise<void>;
} {
  if (!redis) {
    return {
      store: createMemoryStore(),
      now: Date.now,
      rateLimit: (what, rate) => createRateLimit({ what, ...rate }),
      isStoreUsable: () => true,
      close: () => Promise.resolve(),
    };
  }
  const store = createRedisStore({ ...redis, report });
  return {
    store,
    now: () => store.now(),
    rateLimit: (what, rate) => store.rateLimit(what, rate),
    isStoreUsable: () => store.isUsable(),
    close: () => store.close(),
  };
}

async function openStaging(
  storage: FileStorageConfig,
): Promise<{ staging: Staging; close: () => Promise<void> }> {
  const now = Date.now;
  if (storage.kind === 's3') {
    const { kind: _kind, endpoint, credentials, ...bucket } = storage;
    const staging = await createS3Staging({
      ...{ ...bucket, now },
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials && { credentials }),
    });
    return { staging, close: () => Promise.resolve() };
  }
  if (storage.folder !== undefined) {
    await checkFolder(storage.folder);
    const staging = createFolderStaging({ folder: resolve(storage.folder), now });
    return { staging, close: () => Promise.resolve() };
  }
  const folder = await mkdtemp(join(tmpdir(), 'parley-files-'));
  return {
    staging: createFolderStaging({ folder, now }),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function checkFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([
      `FILE_FOLDER (${folder}): files can't be kept there (${code ?? 'unknown error'})`,
    ]);
  }
}

function sweepRegularly(
  staging: Staging,
  ages: { unsent: number; sent: number },
  report: (error: unknown, what: string) => void,
): () => void {
  const sweep = () => {
    staging.sweep(ages).catch((error: unknown) => report(error, 'files whose time is over'));
  };
  sweep();
  const timer = setInterval(sweep, SWEEP_INTERVAL);
  timer.unref();
  return () => clearInterval(timer);
}
