import { expect } from '@jest/globals';
import type { Content } from '../../src/messaging/content.ts';
import type { OutgoingActionList, OutgoingDevice, OutgoingFile } from '../../src/messaging/outgoing.ts';
import type { MessageLimits } from '../../src/messaging/provider.ts';
import type { UserError } from '../../src/messaging/userErrors.ts';

export const EMPTY: Content = {
  text: null,
  attachmentIds: [],
  actionList: null,
  buttons: [],
  splitIfNeeded: false,
  device: null,
  replyTo: null,
};

export const UNLIMITED: MessageLimits = {
  maxTextLength: null,
  maxAttachmentsPerMessage: null,
  textWithAttachment: 'ALLOWED',
  attachmentMimeTypes: null,
  textWithAttachmentMimeTypes: null,
  maxAttachmentBytes: null,
  sendActionList: true,
  sendButtons: true,
  replies: true,
  deleteMessages: true,
};

export const ACTIONS: OutgoingActionList = {
  title: 'What next?',
  viewType: null,
  showItemIcons: null,
  items: [{ kind: 'quickReply', label: 'Yes', message: 'Yes, please' }],
};

export const DEVICE: OutgoingDevice = {
  type: 'WEB',
  os: 'Linux',
  osVersion: null,
  appVersion: null,
  model: null,
  browser: null,
  browserVersion: null,
};

export function fileOf(mimeType: string, byteSize: number | null = 1, fileName = 'file'): OutgoingFile {
  const open = () => Promise.reject(new Error('nobody reads it here'));
  const traits = { pushToTalk: false, width: null, height: null };
  return { externalId: null, fileName, mimeType, byteSize, traits, url: null, open };
}

/** Each error in short: its code, and the field below `input`. */
export function told(errors: readonly UserError[]): string[] {
  return errors.map(({ code, field, retryable }) => {
    expect(retryable).toBe(false);
    expect(field?.[0]).toBe('input');
    return `${code} ${field!.slice(1).join('.')}`;
  });
}

export const UNCLEAN = ['\0', 'a\0b', '\ud800', 'a\udfff', '\udc00\ud800'];
export const BLANK = ['', ' ', '\n\t', '\u00a0', '\u2003\ufeff'];
