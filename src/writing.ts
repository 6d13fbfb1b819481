import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Config, FileStorageConfig } from './config/index.ts';
import { ConfigError } from './config/index.ts';
import { createBackground } from './messaging/background.ts';
import { createContenders } from './messaging/contenders.ts';
import { createContention } from './messaging/contention.ts';
import type { Events } from './messaging/events.ts';
import type { Gestures } from './messaging/gestures.ts';
import { createGestures } from './messaging/gestures.ts';
import { createOnce } from './messaging/once.ts';
import { createSendRecords } from './messaging/sendRecords.ts';
import type { Sending } from './messaging/sending.ts';
import { createSending } from './messaging/sending.ts';
import type { Staging } from './messaging/staging.ts';
import type { Uploading } from './messaging/uploading.ts';
import { createUploading } from './messaging/uploading.ts';
import { createUploads } from './messaging/uploads.ts';
import type { WriteObserver } from './messaging/writeObserver.ts';
import type { Stores } from './stores.ts';
import { createFolderStaging } from './uploads/createFolderStaging.ts';
import { sniff } from './uploads/sniff.ts';

/** Everything that writes, and what outlives a request for it. */
export interface Writing {
  readonly sending: Sending;
  readonly uploading: Uploading;
  readonly gestures: Gestures;
  readonly staging: Staging;
  /** Lets sends that are under way end, for so many milliseconds at the most. */
  readonly close: (patience: number) => Promise<void>;
}

export interface WritingOptions {
  readonly config: Config;
  readonly stores: Stores;
  /** Milliseconds that calls of each kind may take at the most, by any account. */
  readonly timeouts: { readonly read: number; readonly send: number; readonly upload: number };
  /** Aborts when Parley stops, and waits for answers no longer. */
  readonly stopping: AbortSignal;
  readonly observer: WriteObserver;
  /** What is told of sends. */
  readonly events: Pick<Events, 'progressOf' | 'touched'>;
  /** Told of what went wrong in the background. */
  readonly report: (error: unknown, what: string) => void;
  /** Where anyone who knows a staged file's key can read it. */
  readonly urlOf: (stagedKey: string, fileName: string) => string;
}

/** How often files whose time is over are looked for; milliseconds. */
const SWEEP_INTERVAL = 600_000;
/** Milliseconds by which the storage's clock may be ahead. */
const SWEEP_MARGIN = 300_000;

export async function openWriting(options: WritingOptions): Promise<Writing> {
  const { config, stores, urlOf, timeouts, stopping, observer, report } = options;
  const { sends, uploads: limits } = config;
  const { store, now, rateLimit } = stores;
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
      ...{ once, uploads, observer, events: options.events },
      rate: config.limits.sends && rateLimit('sends', config.limits.sends),
      // Before it sends, an adapter may have to read: Pigeons has to be told the receiver.
      sendTimeout: timeouts.read + timeouts.send,
      fileSendTimeout: timeouts.read + timeouts.upload,
    }),
    uploading: createUploading({
      ...{ uploads, store, now, keep: limits.unsentTtl, observer },
      timeout: timeouts.upload,
    }),
    gestures: createGestures({ events: options.events }),
    staging,
    async close(patience) {
      stopSweeping();
      // What is not over by then is found overdue, and settled by evidence.
      await Promise.race([background.idle(), wait(patience, undefined, { ref: false })]);
      await closeStaging();
    },
  };
}

async function openStaging(
  storage: FileStorageConfig,
): Promise<{ staging: Staging; close: () => Promise<void> }> {
  const now = Date.now;
  if (storage.kind === 's3') {
    const { kind: _kind, endpoint, credentials, ...bucket } = storage;
    // Its client is large, and most go without.
    const { createS3Staging } = await import('./uploads/createS3Staging.ts');
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
