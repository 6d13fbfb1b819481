import type { ParticipantKind } from './provider.ts';
import { InputError } from './errors.ts';

/**
 * Global ids: opaque and URL-safe to clients, to us the kind, the account and the provider's own id. They are not
 * signed: their structure is checked here, and every use is authorised where it is used.
 *
 * An id is base64url over `kind:account:part…`, each part percent-encoded, so that no provider's id can forge a
 * boundary. Exactly one text decodes to each id, which makes them safe as cache keys.
 */

/** Names a conversation. */
export interface ConversationRef {
  readonly accountId: string;
  readonly externalId: string;
}

/** Names a message. Its conversation is part of the name: no provider but one can read a message by its id alone. */
export interface MessageRef {
  readonly accountId: string;
  readonly conversationExternalId: string;
  readonly externalId: string;
}

/** Names an attachment by its message, and by its own id where the provider gives one, else by its place from 0. */
export interface AttachmentRef {
  readonly message: MessageRef;
  readonly key: { readonly externalId: string } | { readonly place: number };
}

/** Names a file that was uploaded to Parley, whether or not a message has taken it. */
export interface UploadRef {
  readonly accountId: string;
  readonly uploadId: string;
}

/** Names one try at one part of a send. */
export interface DeliveryRef {
  readonly accountId: string;
  /** The record of the send. */
  readonly scope: string;
  /** From 0. */
  readonly part: number;
  /** From 1; a part that is tried again after it was refused is a delivery of its own. */
  readonly attempt: number;
}

/** Names a participant: a provider may number its kinds separately, so that client 7 and agent 7 are two. */
export interface ParticipantRef {
  readonly accountId: string;
  readonly kind: ParticipantKind;
  readonly externalId: string;
}

/** What an account's id in the accounts file may be made of. */
export const ACCOUNT_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The longest id of a provider's own, in UTF-16 code units. None documents one; the longest seen are UUIDs. */
export const MAX_EXTERNAL_ID_LENGTH = 255;

export function conversationId(ref: ConversationRef): string {
  return encode(['c', ref.accountId, ref.externalId]);
}

export function messageId(ref: MessageRef): string {
  return encode(['m', ref.accountId, ref.conversationExternalId, ref.externalId]);
}

export function attachmentId({ message, key }: AttachmentRef): string {
  const tail = 'place' in key ? ['n', String(key.place)] : ['i', key.externalId];
  return encode(['a', message.accountId, message.conversationExternalId, message.externalId, ...tail]);
}

export function uploadId(ref: UploadRef): string {
  return encode(['u', ref.accountId, ref.uploadId]);
}

export function deliveryId({ accountId, scope, part, attempt }: DeliveryRef): string {
  return encode(['d', accountId, scope, String(part), String(attempt)]);
}

export function participantId(ref: ParticipantRef): string {
  return encode(['p', ref.accountId, ref.kind.toLowerCase(), ref.externalId]);
}

/** Throws an {@link InputError} that names `argument`. */
export function parseConversationId(id: unknown, argument = 'id'): ConversationRef {
  const [accountId, externalId] = decode(id, 'c', 2) ?? malformed('conversation', argument);
  return { accountId: accountId!, externalId: externalId! };
}

/** Throws an {@link InputError} that names `argument`. */
export function parseMessageId(id: unknown, argument = 'id'): MessageRef {
  const parts = decode(id, 'm', 3) ?? malformed('message', argument);
  return toMessageRef(parts);
}

/** Throws an {@link InputError} that names `argument`. */
export function parseUploadId(id: unknown, argument = 'id'): UploadRef {
  const [accountId, upload] = decode(id, 'u', 2) ?? malformed('attachment', argument);
  return { accountId: accountId!, uploadId: upload! };
}

/** Throws an {@link InputError} that names `argument`. */
export function parseDeliveryId(id: unknown, argument = 'id'): DeliveryRef {
  const [accountId, scope, part, attempt] = decode(id, 'd', 4) ?? malformed('delivery', argument);
  const isSmall = SMALL_NUMBER.test(part!) && SMALL_NUMBER.test(attempt!);
  if (!isSmall || attempt === '0') return malformed('delivery', argument);
  return { accountId: accountId!, scope: scope!, part: Number(part), attempt: Number(attempt) };
}

/** Whether an id is of the form that {@link uploadId} gives. */
export function isUploadId(id: unknown): boolean {
  return decode(id, 'u', 2) !== undefined;
}

/** Throws an {@link InputError} that names `argument`. */
export function parseAttachmentId(id: unknown, argument = 'id'): AttachmentRef {
  const parts = decode(id, 'a', 5) ?? malformed('attachment', argument);
  const [, , , form, value] = parts;
  const message = toMessageRef(parts);
  if (form === 'i') return { message, key: { externalId: value! } };
  if (form === 'n' && SMALL_NUMBER.test(value!)) return { message, key: { place: Number(value) } };
  return malformed('attachment', argument);
}

/** Checks an account's id that a caller gave. Throws an {@link InputError} that names `argument`. */
export function parseAccountId(id: unknown, argument: string): string {
  return typeof id === 'string' && ACCOUNT_ID.test(id) ? id : malformed('account', argument);
}

/** Checks a provider's own id that a caller gave. Throws an {@link InputError} that names `argument`. */
export function parseExternalId(id: unknown, argument: string): string {
  return isExternalId(id) ? id : malformed('provider', argument);
}

const SMALL_NUMBER = /^(0|[1-9]\d{0,5})$/;

function toMessageRef([accountId, conversationExternalId, externalId]: readonly string[]): MessageRef {
  return {
    accountId: accountId!,
    conversationExternalId: conversationExternalId!,
    externalId: externalId!,
  };
}

/** Whether a text can be a provider's own id. */
export function isExternalId(id: unknown): id is string {
  if (typeof id !== 'string') return false;
  // NUL and lone surrogates can't be part of a URL, and so of no provider's id.
  return id.length > 0 && id.length <= MAX_EXTERNAL_ID_LENGTH && !id.includes('\0') && id.isWellFormed();
}

function encode(parts: readonly string[]): string {
  let text = parts.join(':');
  // Most ids have nothing in them that would have to be escaped.
  if (!PLAIN.test(text) || parts.some((part) => part.includes(':')))
    text = parts.map(encodeURIComponent).join(':');
  return toBase64(text);
}

/** What {@link encodeURIComponent} leaves as it is, and what stands between parts. */
const PLAIN = /^[\w.!~*'():-]*$/;

function toBase64(ascii: string): string {
  return Buffer.from(ascii, 'latin1').toString('base64url');
}

/** The parts behind the kind, or undefined for anything that {@link encode} would not have written. */
function decode(id: unknown, kind: string, count: number): readonly string[] | undefined {
  if (typeof id !== 'string' || id.length > MAX_ID_LENGTH || !/^[A-Za-z0-9_-]+$/.test(id)) return undefined;
  const text = Buffer.from(id, 'base64url').toString('utf8');
  const [head, ...encoded] = text.split(':');
  if (head !== kind || encoded.length !== count) return undefined;
  if (PLAIN.test(text)) {
    const isKnown = ACCOUNT_ID.test(encoded[0]!) && encoded.every(isExternalId) && toBase64(text) === id;
    return isKnown ? encoded : undefined;
  }
  const parts: string[] = [];
  for (const part of encoded) {
    const decoded = decodePart(part);
    if (decoded === undefined || !isExternalId(decoded)) return undefined;
    parts.push(decoded);
  }
  return ACCOUNT_ID.test(parts[0]!) && encode([kind, ...parts]) === id ? parts : undefined;
}

function decodePart(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

// Three external ids, percent-encoded at up to nine characters a code unit, and base64 over that.
const MAX_ID_LENGTH = 12_000;

function malformed(what: string, argument: string): never {
  throw new InputError(argument, `The argument "${argument}" is not a valid ${what} id.`);
}
