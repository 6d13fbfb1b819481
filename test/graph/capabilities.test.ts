import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { conversations } from './writes.ts';

const CAPABILITIES = `capabilities {
  listConversations startConversation closeConversation archiveConversation sendText maxTextLength sendAttachments maxAttachmentsPerMessage
  textWithAttachment textWithAttachmentMimeTypes attachmentMimeTypes maxAttachmentBytes sendActionList sendButtons reactions
  readReceipts replies deleteMessages liveEvents
}`;

const PACT = {
  ...{ listConversations: true, startConversation: true, closeConversation: false },
  archiveConversation: false,
  ...{ sendText: true, maxTextLength: null, sendAttachments: true, maxAttachmentsPerMessage: null },
  ...{ textWithAttachment: 'ALLOWED', textWithAttachmentMimeTypes: null, attachmentMimeTypes: null },
  ...{ maxAttachmentBytes: null, sendActionList: false, sendButtons: true, reactions: false },
  ...{ readReceipts: false, replies: false, deleteMessages: false, liveEvents: true },
};
const LETSTALK = {
  ...PACT,
  ...{ listConversations: false, startConversation: false, closeConversation: true },
  ...{ maxAttachmentsPerMessage: 1, textWithAttachment: 'FORBIDDEN' },
  ...{ attachmentMimeTypes: expect.arrayContaining(['image/png', 'application/pdf', 'text/csv']) },
  ...{ sendActionList: true, sendButtons: false },
};
const PIGEONS = {
  ...PACT,
  ...{ maxTextLength: 5_000, textWithAttachment: 'REQUIRED', sendButtons: false },
  ...{ reactions: true, readReceipts: true },
};
const ONE_FILE = { maxAttachmentsPerMessage: 1, textWithAttachment: 'FORBIDDEN', sendButtons: false };
const CAPTIONS = { textWithAttachment: 'ALLOWED', textWithAttachmentMimeTypes: ['image/*'] };

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

it.each([
  ['sales', PACT],
  ['support', LETSTALK],
  ['app', PIGEONS],
])('the account "%s" says what it can do, without a call', async (id, expected) => {
  harness.takeCalls();
  const { account } = await harness.data(`query ($id: ID!) { account(id: $id) { ${CAPABILITIES} } }`, { id });
  expect(account.capabilities).toEqual(expected);
  expect(harness.takeCalls()).toEqual([]);
});

it.each([
  ['WhatsApp', 'whatsApp', { ...PACT, ...ONE_FILE, ...CAPTIONS }],
  ['WhatsApp Business', 'business', { ...PACT, ...ONE_FILE, ...CAPTIONS, sendButtons: true }],
  ['VKontakte', 'vkontakte', { ...PACT, sendButtons: false }],
  ['another messenger', 'otherMessenger', { ...PACT, ...ONE_FILE }],
  ['Letstalk', 'letstalk', LETSTALK],
  ['Pigeons', 'pigeons', PIGEONS],
] as const)('a conversation over %s says what can be sent into it', async (_what, name, expected) => {
  const { conversation } = await harness.data(
    `query ($id: ID!) { conversation(id: $id) { ${CAPABILITIES} } }`,
    { id: conversations[name] },
  );
  expect(conversation.capabilities).toEqual(expected);
});
