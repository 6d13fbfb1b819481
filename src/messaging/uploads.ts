import { createHash, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { PassThrough, pipeline } from 'node:stream';
import { checkFile } from './content.ts';
import { ParleyError } from './errors.ts';
import { NO_TRAITS } from './fileTraits.ts';
import type { ConversationRef, UploadRef } from './ids.ts';
import { parseUploadId } from './ids.ts';
import type { IncomingFile } from './incomingFile.ts';
import { toMedia } from './media.ts';
import type { FileTraits, OutgoingFile } from './outgoing.ts';
import type { Attachment, ReadContext } from './provider.ts';
import type { Account } from './registry.ts';
import type { Staging } from './staging.ts';
import type { Store } from './store.ts';
import type { UserError } from './userErrors.ts';
import { userError } from './userErrors.ts';

/** Files on their way from a client to a message: uploaded first, sent by their ids later. */
export interface Uploads {
  /**
   * Takes a file for a conversation: on to the provider where that has an upload call, else into staging. Throws what the
   * file's own stream throws, and the provider's errors.
   */
  upload(
    target: UploadTarget,
    file: IncomingFile,
    context: ReadContext,
  ): Promise<Upload | readonly UserError[]>;
  /** Null for what is not there, not the viewer's, or over. */
  find(ref: UploadRef, viewerId: string): Promise<Attachment | null>;
  /** The files behind ids that a send names, in their order, or what is wrong with the ids. */
  resolve(
    ids: readonly string[],
    conversation: ConversationRef,
    viewerId: string,
  ): Promise<{ readonly files: readonly OutgoingFile[] } | { readonly errors: readonly UserError[] }>;
  /** Holds files for a try of a send that is about to begin: from now on it may have named them for good. */
  hold(ids: readonly string[], token: TryToken): Promise<void>;
  /** Undoes a hold, when the try certainly came to nothing. What another try holds stays held. */
  letGo(ids: readonly string[], token: TryToken): Promise<void>;
}

/** What a file is uploaded for, by whom, and as what. */
export interface UploadTarget {
  readonly account: Account;
  readonly conversation: ConversationRef;
  readonly viewerId: string;
  readonly traits: FileTraits;
}

/** What was uploaded, and the digest of its bytes. */
export interface Upload {
  readonly ref: UploadRef;
  readonly attachment: Attachment;
  readonly sha256: string;
}

/** Tells the tries of sends apart, also those of one send. */
export type TryToken = string;

interface UploadRecord {
  readonly viewerId: string;
  readonly conversationId: string;
  readonly fileName: string;
  readonly mimeType: string;
  readonly byteSize: number;
  /** Absent in records from before clients could say any. */
  readonly traits?: FileTraits;
  /** The provider's id of it, or the key under which it is staged. */
  readonly externalId: string | null;
  readonly stagedKey: string | null;
  /** When it is over unless it was sent. */
  readonly expiresAt: string;
  /** The tries of sends that may have named it. */
  readonly tries: readonly TryToken[];
}

export interface UploadsOptions {
  readonly store: Store;
  readonly staging: Staging;
  /** Milliseconds that a file waits for a send, and that a sent one is remembered by its upload's id. */
  readonly keep: number;
  /** What a file is, by its bytes; gives all of its bytes back. */
  readonly sniff: (
    body: Readable,
    claim: Pick<IncomingFile, 'fileName' | 'declaredType'>,
  ) => Promise<{ mimeType: string; body: Readable }>;
  /** Where a staged file can be read by anyone who knows its key. */
  readonly urlOf: (stagedKey: string, fileName: string) => string;
  readonly now: () => number;
}

export function createUploads(options: UploadsOptions): Uploads {
  const { store, staging, keep, sniff, urlOf, now } = options;

  return {
    async upload({ account, conversation, viewerId, traits }, file, context) {
      const { mimeType, body } = await sniff(file.createReadStream(), file);
      const problem = checkFile(mimeType, 0, account.provider.limits);
      if (problem) {
        body.destroy();
        return [userError(problem.code, 'file', problem.message)];
      }
      const { fileName } = file;
      const counted = count(body);
      const place = await deliver(
        { account, conversation, traits },
        { fileName, mimeType, body: counted.body },
        context,
      );
      const { byteSize, sha256 } = counted.result();
      const record: UploadRecord = {
        ...place,
        viewerId,
        conversationId: conversation.externalId,
        fileName,
        mimeType,
        byteSize,
        traits,
        expiresAt: new Date(now() + keep).toISOString(),
        tries: [],
      };
      const ref = { accountId: account.id, uploadId: randomUUID() };
      await store.create(keyOf(ref), JSON.stringify(record), keep);
      return { ref, attachment: toAttachment(ref, record), sha256 };
    },

    async find(ref, viewerId) {
      const record = await read(ref);
      return record?.viewerId === viewerId ? toAttachment(ref, record) : null;
    },

    async resolve(ids, conversation, viewerId) {
      const files: OutgoingFile[] = [];
      const errors: UserError[] = [];
      for (const [index, id] of ids.entries()) {
        const field = `attachmentIds.${index}`;
        const ref = parseRef(id);
        const record = ref?.accountId === conversation.accountId ? await read(ref) : undefined;
        if (!ref) {
          errors.push(userError('BAD_USER_INPUT', field, 'This is not the id of an uploaded attachment.'));
        } else if (record?.viewerId !== viewerId) {
          const message = 'There is no such upload, or its time is over: upload the file again.';
          errors.push(userError('NOT_FOUND', field, message));
        } else if (record.conversationId !== conversation.externalId) {
          const message = 'This file was uploaded for another conversation: upload it for this one.';
          errors.push(userError('ATTACHMENT_OF_ANOTHER_CONVERSATION', field, message));
        } else {
          files.push(toFile(record, conversation.accountId));
        }
      }
      return errors.length > 0 ? { errors } : { files };
    },

    async hold(ids, token) {
      for (const id of ids) {
        const record = await change(id, (tries) => [...tries.filter((other) => other !== token), token]);
        if (!record) throw gone();
        if (record.stagedKey) await staging.keep(record.stagedKey);
      }
    },

    async letGo(ids, token) {
      for (const id of ids) {
        const record = await change(id, (tries) => tries.filter((other) => other !== token));
        if (!record?.stagedKey || record.tries.length > 0) continue;
        await staging.release(record.stagedKey);
        // Another send may have held it in between: what it may have named must stay.
        const now = await read(parseUploadId(id));
        if (now && now.tries.length > 0) await staging.keep(record.stagedKey);
      }
    },
  };

  /** Brings a file to where it waits. */
  async function deliver(
    { account, conversation, traits }: Omit<UploadTarget, 'viewerId'>,
    file: { fileName: string; mimeType: string; body: Readable },
    context: ReadContext,
  ): Promise<Pick<UploadRecord, 'externalId' | 'stagedKey'>> {
    // What went wrong with the client's own stream is better news than what that did to the request that carried it on.
    let broken: Error | undefined;
    file.body.once('error', (error) => (broken = error));
    try {
      if (!account.provider.uploadFile) {
        const { key } = await staging.write(file, context.signal);
        return { externalId: null, stagedKey: key };
      }
      const outgoing = {
        ...file,
        externalId: null,
        byteSize: null,
        traits,
        url: null,
        open: () => Promise.resolve(file.body),
      };
      const externalId = await account.provider.uploadFile(conversation.externalId, outgoing, context);
      return { externalId, stagedKey: null };
    } catch (error) {
      throw broken instanceof ParleyError ? broken : error;
    } finally {
      file.body.destroy();
    }
  }

  async function read(ref: UploadRef): Promise<UploadRecord | undefined> {
    const text = await store.get(keyOf(ref));
    const record = text === undefined ? undefined : (JSON.parse(text) as UploadRecord);
    // One that was held and let go is written anew, and would outlive its file.
    const isOver = record?.tries.length === 0 && Date.parse(record.expiresAt) <= now();
    return isOver ? undefined : record;
  }

  async function change(
    id: string,
    changeTries: (tries: readonly TryToken[]) => readonly TryToken[],
  ): Promise<UploadRecord | undefined> {
    const key = keyOf(parseUploadId(id));
    for (;;) {
      const text = await store.get(key);
      if (text === undefined) return undefined;
      const record = JSON.parse(text) as UploadRecord;
      const changed = { ...record, tries: changeTries(record.tries) };
      if (await store.replace(key, text, JSON.stringify(changed), keep)) return changed;
    }
  }

  function toFile(record: UploadRecord, accountId: string): OutgoingFile {
    const { externalId, stagedKey, fileName, mimeType, byteSize, traits = NO_TRAITS } = record;
    return {
      externalId,
      fileName,
      mimeType,
      byteSize,
      traits,
      url: stagedKey === null ? null : urlOf(stagedKey, fileName),
      async open() {
        const body = stagedKey === null ? null : await staging.read(stagedKey);
        if (body) return body;
        throw gone(accountId);
      },
    };
  }

  function toAttachment(ref: UploadRef, record: UploadRecord): Attachment {
    const { fileName, mimeType, byteSize, stagedKey, externalId, expiresAt, tries } = record;
    const { pushToTalk, width, height } = record.traits ?? NO_TRAITS;
    return {
      message: ref,
      place: 0,
      externalId,
      fileName,
      mimeType,
      byteSize: byteSize <= MAX_INT ? byteSize : null,
      url: stagedKey === null ? null : urlOf(stagedKey, fileName),
      // Who does not say that it is a voice message has not said that it is none.
      media: toMedia(mimeType, { width, height, isVoiceMessage: pushToTalk || null }),
      providerDetails: tries.length > 0 ? null : { kind: 'StagedAttachment', expiresAt },
    };
  }
}

const MAX_INT = 2 ** 31 - 1;

/** Before anything of a send that names the file was written. */
function gone(accountId?: string): ParleyError {
  const whose = accountId === undefined ? '' : ` of the account ${accountId}`;
  return new ParleyError('STORAGE_UNAVAILABLE', `An uploaded file${whose} is gone: upload it again.`, {
    refused: true,
  });
}

function keyOf({ accountId, uploadId }: UploadRef): string {
  return `upload:${accountId}:${uploadId}`;
}

function parseRef(id: string): UploadRef | undefined {
  try {
    return parseUploadId(id);
  } catch {
    return undefined;
  }
}

/** Counts and digests bytes on their way. An error or an end at either side is one at the other. */
function count(body: Readable) {
  const hash = createHash('sha256');
  let byteSize = 0;
  const counted = new PassThrough({
    transform(chunk: Buffer, _encoding, done) {
      byteSize += chunk.length;
      hash.update(chunk);
      done(null, chunk);
    },
  });
  // Whoever reads `counted` gets the error.
  pipeline(body, counted, () => undefined);
  return { body: counted, result: () => ({ byteSize, sha256: hash.digest('base64url') }) };
}
