import { createHash } from 'node:crypto';
import type { ConversationRef, MessageRef } from './ids.ts';
import type { OutgoingActionList, OutgoingDevice, OutgoingFile } from './outgoing.ts';
import type { MessageLimits } from './provider.ts';
import type { UserError } from './userErrors.ts';
import { userError } from './userErrors.ts';

/** What a caller wants to send, as they gave it. */
export interface Content {
  readonly text: string | null;
  readonly attachmentIds: readonly string[];
  readonly actionList: OutgoingActionList | null;
  readonly buttons: readonly string[];
  /** Whether it may become several messages. */
  readonly splitIfNeeded: boolean;
  readonly device: OutgoingDevice | null;
  /** The message that it answers. */
  readonly replyTo: MessageRef | null;
}

/** What goes into one message. */
export interface PartContent {
  readonly text: string | null;
  readonly files: readonly OutgoingFile[];
  readonly actionList: OutgoingActionList | null;
  readonly buttons: readonly string[];
}

/** The most files of one send, items of an action list and buttons: far above what any messenger shows. */
const MAX_FILES = 20;
const MAX_ITEMS = 50;
const MAX_BUTTONS = 20;

/** The most messages that one send can become: a text, files and an action list. */
export const MAX_PARTS = MAX_FILES + 2;

/** UTF-16 code units of each thing that is said of a device. */
const MAX_DEVICE_LENGTH = 100;

/** The longest idempotency key, in UTF-16 code units. */
const MAX_KEY_LENGTH = 128;

/** What is wrong with an idempotency key. */
export function checkKey(key: string, field: string): UserError[] {
  if (key.length > 0 && key.length <= MAX_KEY_LENGTH && isCleanText(key)) return [];
  const message = `A key has 1 to ${MAX_KEY_LENGTH} characters; a UUID is advised.`;
  return [userError('BAD_USER_INPUT', field, message)];
}

/** What is wrong with a content whatever the provider. Asks nobody. */
export function checkContent(content: Content): UserError[] {
  const { text, attachmentIds, actionList, buttons, device } = content;
  const errors: UserError[] = [];
  if (isBlank(text) && attachmentIds.length === 0 && !actionList) {
    const message = 'There is nothing to send: give a text, attachments or an action list.';
    errors.push(userError('NOTHING_TO_SEND', 'text', message));
  }
  if (buttons.length > 0 && isBlank(text))
    errors.push(userError('TEXT_REQUIRED', 'text', 'Buttons need a text to stand under.'));
  if (text !== null && !isCleanText(text)) errors.push(badText('text'));
  for (const [index, button] of buttons.slice(0, MAX_BUTTONS).entries())
    if (isBlank(button) || !isCleanText(button)) errors.push(badText(`buttons.${index}`));
  if (buttons.length > MAX_BUTTONS) {
    const message = `A message has at most ${MAX_BUTTONS} buttons; these are ${buttons.length}.`;
    errors.push(userError('BAD_USER_INPUT', 'buttons', message));
  }
  if (attachmentIds.length > MAX_FILES) {
    const message = `A send has at most ${MAX_FILES} attachments; these are ${attachmentIds.length}.`;
    errors.push(userError('TOO_MANY_ATTACHMENTS', 'attachmentIds', message));
  }
  if (new Set(attachmentIds).size < attachmentIds.length)
    errors.push(userError('BAD_USER_INPUT', 'attachmentIds', 'Each attachment can be sent once.'));
  if (actionList) errors.push(...checkActionList(actionList));
  return device ? [...errors, ...checkDevice(device)] : errors;
}

/** What is wrong with the message that a content answers. Asks nobody: what is of another conversation is not looked for. */
export function checkReply({ replyTo }: Content, { accountId, externalId }: ConversationRef): UserError[] {
  const isHere = replyTo?.accountId === accountId && replyTo.conversationExternalId === externalId;
  if (replyTo === null || isHere) return [];
  const message = 'A message answers one of its own conversation: this one is of another.';
  return [userError('BAD_USER_INPUT', 'replyTo', message)];
}

function checkDevice({ type: _type, ...said }: OutgoingDevice): UserError[] {
  const message = `This must be a text of 1 to ${MAX_DEVICE_LENGTH} characters.`;
  return Object.entries(said).flatMap(([name, value]: [string, string | null]) =>
    value === null || (!isBlank(value) && isCleanText(value) && value.length <= MAX_DEVICE_LENGTH)
      ? []
      : [userError('BAD_USER_INPUT', `device.${name}`, message)],
  );
}

function checkActionList({ title, items }: OutgoingActionList): UserError[] {
  const errors: UserError[] = [];
  if (isBlank(title) || !isCleanText(title)) errors.push(badText('actionList.title'));
  if (items.length === 0 || items.length > MAX_ITEMS) {
    const message = `An action list has 1 to ${MAX_ITEMS} items; this one has ${items.length}.`;
    errors.push(userError('BAD_USER_INPUT', 'actionList.items', message));
  }
  for (const [index, item] of items.slice(0, MAX_ITEMS).entries()) {
    const field = `actionList.items.${index}`;
    if (isBlank(item.label) || !isCleanText(item.label)) errors.push(badText(`${field}.${item.kind}.label`));
    if (item.kind === 'quickReply' && (isBlank(item.message) || !isCleanText(item.message)))
      errors.push(badText(`${field}.quickReply.message`));
  }
  return errors;
}

/** What is wrong with a content for a conversation that takes no more than `limits`. */
export function checkLimits(
  { text, actionList, buttons, splitIfNeeded, replyTo }: Content,
  files: readonly OutgoingFile[],
  limits: MessageLimits,
): UserError[] {
  const errors: UserError[] = [];
  const length = text === null ? 0 : Array.from(text).length;
  if (limits.maxTextLength !== null && length > limits.maxTextLength) {
    const message = `A text here has at most ${limits.maxTextLength} characters; this one has ${length}.`;
    errors.push(userError('TEXT_TOO_LONG', 'text', message));
  }
  if (actionList && !limits.sendActionList)
    errors.push(userError('UNSUPPORTED', 'actionList', 'This conversation takes no action lists.'));
  if (buttons.length > 0 && !limits.sendButtons)
    errors.push(userError('UNSUPPORTED', 'buttons', 'This conversation takes no buttons.'));
  if (replyTo && !limits.replies)
    errors.push(userError('UNSUPPORTED', 'replyTo', 'No message of this conversation can answer another.'));
  errors.push(...checkFiles(files, limits));
  if (files.length > 0 && isBlank(text) && limits.textWithAttachment === 'REQUIRED')
    errors.push(userError('TEXT_REQUIRED', 'text', 'A message with attachments needs a text here.'));
  return errors.length > 0 || splitIfNeeded ? errors : checkFitsOne({ text, actionList }, files, limits);
}

function checkFiles(files: readonly OutgoingFile[], limits: MessageLimits): UserError[] {
  return files.flatMap(({ mimeType, byteSize }, index) => {
    const field = `attachmentIds.${index}`;
    const problem = checkFile(mimeType, byteSize ?? 0, limits);
    return problem ? [userError(problem.code, field, problem.message)] : [];
  });
}

/** Why a conversation does not take a file; undefined where it does. */
export function checkFile(
  mimeType: string,
  byteSize: number,
  { attachmentMimeTypes, maxAttachmentBytes, maxAttachmentsPerMessage }: MessageLimits,
):
  | (Pick<UserError, 'message'> & {
      code: 'UNSUPPORTED' | 'ATTACHMENT_TYPE_FORBIDDEN' | 'ATTACHMENT_TOO_LARGE';
    })
  | undefined {
  if (maxAttachmentsPerMessage === 0)
    return { code: 'UNSUPPORTED', message: 'This conversation takes no attachments.' };
  if (attachmentMimeTypes && !matches(mimeType, attachmentMimeTypes)) {
    const message = `This conversation takes no files of the type ${mimeType}: see attachmentMimeTypes among its capabilities.`;
    return { code: 'ATTACHMENT_TYPE_FORBIDDEN', message };
  }
  if (maxAttachmentBytes !== null && byteSize > maxAttachmentBytes) {
    const message = `A file here has at most ${maxAttachmentBytes} bytes; this one has ${byteSize}.`;
    return { code: 'ATTACHMENT_TOO_LARGE', message };
  }
  return undefined;
}

const SPLIT_HINT = 'Say splitIfNeeded: true to send several messages.';

/** Why a content that is allowed does not go into one message. */
function checkFitsOne(
  { text, actionList }: Pick<Content, 'text' | 'actionList'>,
  files: readonly OutgoingFile[],
  limits: MessageLimits,
): UserError[] {
  const errors: UserError[] = [];
  const most = limits.maxAttachmentsPerMessage;
  if (most !== null && files.length > most) {
    const message = `A message here has at most ${most} attachment${most === 1 ? '' : 's'}; these are ${files.length}. ${SPLIT_HINT}`;
    errors.push(userError('TOO_MANY_ATTACHMENTS', 'attachmentIds', message));
  }
  const blocking = isBlank(text) ? undefined : files.find((file) => !textGoesWith(file, limits));
  if (blocking) {
    const what =
      limits.textWithAttachment === 'FORBIDDEN'
        ? 'A message here has either a text or an attachment'
        : `A message here has no text beside a file of the type ${blocking.mimeType}`;
    errors.push(userError('TEXT_WITH_ATTACHMENT_FORBIDDEN', 'text', `${what}. ${SPLIT_HINT}`));
  }
  if (actionList && (!isBlank(text) || files.length > 0)) {
    const message = `An action list is a message of its own. ${SPLIT_HINT}`;
    errors.push(userError('SPLIT_NEEDED', 'actionList', message));
  }
  return errors;
}

/**
 * The messages that a checked content becomes, in order: one where it fits, else the text, the files and the action list,
 * with the text beside the first file where that is allowed.
 */
export function splitContent(
  { text, actionList, buttons }: Content,
  files: readonly OutgoingFile[],
  limits: MessageLimits,
): PartContent[] {
  const words = isBlank(text) ? null : text;
  const most = limits.maxAttachmentsPerMessage ?? Infinity;
  const groups: PartContent[] = [];
  for (let start = 0; start < files.length; start += most) {
    groups.push({ text: null, files: files.slice(start, start + most), actionList: null, buttons: [] });
    if (most === Infinity) break;
  }
  const [first] = groups;
  if (words !== null && first?.files.every((file) => textGoesWith(file, limits))) {
    groups[0] = { ...first, text: words, buttons };
  } else if (words !== null) {
    groups.unshift({ text: words, files: [], actionList: null, buttons });
  }
  if (actionList) groups.push({ text: null, files: [], actionList, buttons: [] });
  return groups;
}

function textGoesWith({ mimeType }: OutgoingFile, limits: MessageLimits): boolean {
  const { textWithAttachment, textWithAttachmentMimeTypes } = limits;
  if (textWithAttachment === 'FORBIDDEN') return false;
  return textWithAttachmentMimeTypes === null || matches(mimeType, textWithAttachmentMimeTypes);
}

function matches(mimeType: string, allowed: readonly string[]): boolean {
  return allowed.some((type) =>
    type.endsWith('/*') ? mimeType.startsWith(type.slice(0, -1)) : type === mimeType,
  );
}

/**
 * What tells two contents apart, so that a key is not used for both. The same one on another device, or allowed to become
 * several messages, is the same.
 */
export function fingerprintOf(conversationId: string, content: object): string {
  const { device: _device, splitIfNeeded: _splitIfNeeded, ...said } = content as Content;
  const told = Object.fromEntries(
    Object.entries(said).filter(([name, value]) => value !== null || !LATER.has(name)),
  );
  return createHash('sha256')
    .update(JSON.stringify([conversationId, told], inOrder))
    .digest('base64url');
}

// What contents have not always had. Records outlive a deployment: where nothing is given, the fingerprint is that of before.
const LATER = new Set(['replyTo', 'vkontakteId']);

// Some clients write the keys of an object in another order each time.
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A text as histories are searched for it: providers are known to trim, and to write line breaks anew. */
export function textDigest(text: string | null): string {
  const normal = (text ?? '').replaceAll('\r\n', '\n').trim();
  return createHash('sha256').update(normal).digest('base64url');
}

export function isBlank(text: string | null): boolean {
  return text === null || text.trim() === '';
}

// NUL and lone surrogates survive no provider's database.
export function isCleanText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function badText(field: string): UserError {
  return userError(
    'BAD_USER_INPUT',
    field,
    'This must be a text that is not empty, in valid Unicode, without NUL.',
  );
}
