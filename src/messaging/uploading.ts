import { createHash, randomUUID } from 'node:crypto';
import { checkKey } from './content.ts';
import type { ErrorCode } from './errors.ts';
import { NotFoundError, ParleyError } from './errors.ts';
import { checkTraits, hasTraits } from './fileTraits.ts';
import type { ConversationRef, UploadRef } from './ids.ts';
import type { IncomingFile } from './incomingFile.ts';
import type { FileTraits } from './outgoing.ts';
import { pause } from './pause.ts';
import type { Attachment, ReadContext } from './provider.ts';
import { sourceOf } from './registry.ts';
import { scopeOf } from './sendRecord.ts';
import type { Store } from './store.ts';
import type { Upload, Uploads, UploadTarget } from './uploads.ts';
import type { UserError } from './userErrors.ts';
import { notFound, toUserError, unsupported, userError } from './userErrors.ts';
import type { Caller } from './viewer.ts';
import { viewerIdOf } from './viewer.ts';
import type { WriteObserver } from './writeObserver.ts';

/** What a caller asks to be uploaded. */
export interface UploadRequest {
  readonly conversation: ConversationRef;
  /** Rejects when the file does not come. */
  readonly file: Promise<IncomingFile>;
  /** What the caller says of it. */
  readonly traits: FileTraits;
  /** The same key with the same file, and the same said of it, gives the same attachment; null for none. */
  readonly key: string | null;
}

/** Takes files of callers. */
export interface Uploading {
  /** Throws what reading the file throws, and the provider's errors. */
  upload(request: UploadRequest, caller: Caller): Promise<Attachment | readonly UserError[]>;
  /** An upload of the caller's own. Null for what is not there, not the caller's, or over. */
  find(ref: UploadRef, caller: Caller): Promise<Attachment | null>;
}

export interface UploadingOptions {
  readonly uploads: Uploads;
  readonly store: Store;
  /** Milliseconds that a key is remembered. */
  readonly keep: number;
  /** Milliseconds after which an upload that nobody has ended is over. */
  readonly timeout: number;
  readonly now: () => number;
  readonly observer: Pick<WriteObserver, 'uploaded'>;
}

/** What is remembered of a key: that an upload is under way, or which one it gave. */
type KeyRecord =
  | { readonly at: 'UPLOADING'; readonly token: string; readonly until: number }
  | { readonly at: 'DONE'; readonly ref: UploadRef; readonly fingerprint: string };

/** A key in the store, with the text that says whose it is. */
interface Claim {
  readonly key: string;
  readonly own: string;
}

/** Milliseconds between two looks at what another one is doing. */
const PAUSE = 100;
/** Milliseconds for which a caller is kept waiting for another one, whose process may be gone. */
const LONGEST_WAIT = 20_000;

export function createUploading(options: UploadingOptions): Uploading {
  const { uploads, store, keep, timeout, now, observer } = options;
  const taken = new WeakSet<IncomingFile>();

  return {
    async upload({ conversation, file, traits, key }, caller) {
      const account = caller.accounts.get(conversation.accountId);
      if (!account) return [notFound('conversationId')];
      const errors = [...(key === null ? [] : checkKey(key, 'idempotencyKey')), ...checkTraits(traits)];
      if (!account.capabilities.sendAttachments) errors.push(unsupported('conversationId', 'attachments'));
      if (errors.length > 0) return errors;
      const viewerId = await viewerIdOf(account.provider, caller);
      const target = { account, conversation, viewerId, traits };
      const source = sourceOf(account);
      try {
        const uploaded = await take(await file, key, target, caller.read);
        if ('message' in uploaded) observer.uploaded(source, 'OK', uploaded.byteSize ?? 0);
        else observer.uploaded(source, uploaded[0]?.code ?? 'INTERNAL_SERVER_ERROR', 0);
        return uploaded;
      } catch (error) {
        observer.uploaded(source, error instanceof ParleyError ? error.code : 'INTERNAL_SERVER_ERROR', 0);
        return [toFieldError(error)];
      }
    },

    async find(ref, caller) {
      const account = caller.accounts.get(ref.accountId);
      return account ? uploads.find(ref, await viewerIdOf(account.provider, caller)) : null;
    },
  };

  async function take(
    arrived: IncomingFile,
    key: string | null,
    target: UploadTarget,
    context: ReadContext,
  ): Promise<Attachment | readonly UserError[]> {
    // By aliases, one file of a request would become hundreds.
    if (taken.has(arrived)) return [userError('BAD_USER_INPUT', 'file', ONCE)];
    taken.add(arrived);
    if (key === null) return attachmentOf(await uploads.upload(target, arrived, context));
    return uploadOnce(scopeOf(target.viewerId, 'uploadAttachment', key), target, arrived, context);
  }

  async function uploadOnce(
    scope: string,
    target: UploadTarget,
    file: IncomingFile,
    context: ReadContext,
  ): Promise<Attachment | readonly UserError[]> {
    const key = `upload-key:${scope}`;
    const startedAt = now();
    for (;;) {
      const text = await store.get(key);
      const record = text === undefined ? undefined : (JSON.parse(text) as KeyRecord);
      if (record?.at === 'UPLOADING' && record.until > now()) {
        if (now() - startedAt >= LONGEST_WAIT) return UNDER_WAY;
        await pause(PAUSE, context.signal);
        continue;
      }
      if (record?.at === 'DONE') {
        const known = await uploads.find(record.ref, target.viewerId);
        if (known) return (await fingerprintOf(target, file)) === record.fingerprint ? known : CONFLICT;
      }
      const own = JSON.stringify({ at: 'UPLOADING', token: randomUUID(), until: now() + timeout });
      if (await claim({ key, own }, text)) return uploadAs({ key, own }, target, file, context);
    }
  }

  /** False when somebody else was faster. */
  async function claim({ key, own }: Claim, text: string | undefined): Promise<boolean> {
    try {
      return text === undefined
        ? await store.create(key, own, keep)
        : await store.replace(key, text, own, keep);
    } catch (error) {
      // It may have been written nevertheless, and would let everybody wait for nothing.
      await letGo({ key, own });
      throw error;
    }
  }

  async function letGo({ key, own }: Claim): Promise<void> {
    await store.remove(key, own).catch(() => false);
  }

  /** Uploads under a key that is claimed. It is free again when nothing came of it: two uploads do no harm, as two messages do. */
  async function uploadAs(
    { key, own }: Claim,
    target: UploadTarget,
    file: IncomingFile,
    context: ReadContext,
  ): Promise<Attachment | readonly UserError[]> {
    let done = false;
    try {
      const uploaded = await uploads.upload(target, file, context);
      if (!('ref' in uploaded)) return uploaded;
      const { ref, sha256, attachment } = uploaded;
      const record: KeyRecord = { at: 'DONE', ref, fingerprint: toFingerprint(target, file, sha256) };
      done = await store.replace(key, own, JSON.stringify(record), keep);
      return attachment;
    } finally {
      if (!done) await letGo({ key, own });
    }
  }
}

/** Names what is to blame for an error, where that is part of the input. Throws all others again. */
function toFieldError(error: unknown): UserError {
  if (error instanceof NotFoundError) return notFound('conversationId');
  if (error instanceof ParleyError && OF_THE_FILE.has(error.code)) return toUserError(error, 'file');
  throw error;
}

const OF_THE_FILE: ReadonlySet<ErrorCode> = new Set(['BAD_REQUEST', 'PAYLOAD_TOO_LARGE', 'REQUEST_TIMEOUT']);

const UNDER_WAY: readonly UserError[] = [
  {
    ...userError(
      'REQUEST_TIMEOUT',
      'idempotencyKey',
      'An upload with this key is still under way. Ask again later.',
    ),
    retryable: true,
  },
];

const ONCE = 'Each file of a request can be uploaded once.';

const CONFLICT: readonly UserError[] = [
  userError(
    'IDEMPOTENCY_CONFLICT',
    'idempotencyKey',
    'This key was used for another file. Choose a new key for each file that you upload.',
  ),
];

function attachmentOf(uploaded: Upload | readonly UserError[]): Attachment | readonly UserError[] {
  return 'ref' in uploaded ? uploaded.attachment : uploaded;
}

async function fingerprintOf(target: UploadTarget, file: IncomingFile): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of file.createReadStream()) hash.update(chunk as Buffer);
  return toFingerprint(target, file, hash.digest('base64url'));
}

function toFingerprint(
  { conversation, traits }: UploadTarget,
  { fileName }: Pick<IncomingFile, 'fileName'>,
  sha256: string,
): string {
  const { pushToTalk, width, height } = traits;
  // Where nothing is said of it, as before anything could be: records outlive a deployment.
  const said = hasTraits(traits) ? [[pushToTalk, width, height]] : [];
  return JSON.stringify([conversation.accountId, conversation.externalId, fileName, sha256, ...said]);
}
