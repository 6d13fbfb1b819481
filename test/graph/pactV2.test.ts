import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import { conversationId, messageId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { PACT_V2, pactV2Account } from '../pactV2Account.ts';
import { pdf, PNG, postUpload } from '../uploading.ts';

const { documented, empty, vkontakte, attachments, sameTime, v2: seeded } = wellKnown.pact;

const conversation = (externalId: number, accountId = PACT_V2) =>
  conversationId({ accountId, externalId: String(externalId) });
const message = (externalId: number, ofConversation: number = documented, accountId = PACT_V2) =>
  messageId({ accountId, conversationExternalId: String(ofConversation), externalId: String(externalId) });

const USER_ERRORS = 'userErrors { code message field retryable retryAfter }';
const SEND = `mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message { id externalId text replyTo { externalId text } }
    delivery { id state evidence failureReason message { externalId } }
    ${USER_ERRORS}
  }
}`;
const DELIVERY = `query ($id: ID!) { delivery(id: $id) { state evidence failureReason message { externalId } } }`;
const DELETE = `mutation ($input: DeleteMessagesInput!) {
  deleteMessages(input: $input) {
    conversation { id messages(last: 200) { nodes { externalId text isDeleted } } }
    ${USER_ERRORS}
  }
}`;
const ARCHIVE = `mutation ($input: ArchiveConversationInput!) {
  archiveConversation(input: $input) { conversation { id state } ${USER_ERRORS} }
}`;
const REOPEN = `mutation ($input: ReopenConversationInput!) {
  reopenConversation(input: $input) { conversation { id state } ${USER_ERRORS} }
}`;
const START = `mutation ($input: StartConversationInput!) {
  startConversation(input: $input) {
    conversation { externalId title providerDetails { ... on PactConversation { channelType senderExternalId } } }
    delivery { state message { text } }
    ${USER_ERRORS}
  }
}`;
const ATTACHMENTS = `query ($id: ID!) {
  message(id: $id) {
    attachments {
      mimeType
      media { __typename ... on ImageMedia { width height } ... on AudioMedia { isVoiceMessage } }
    }
  }
}`;

/** As much of a sound as is needed to tell that it is one. */
const WAV = Buffer.from('RIFF\x24\0\0\0WAVEfmt \x10\0\0\0'.padEnd(64, '\0'));

describe('an account that speaks Pact v2', () => {
  let harness: Harness;
  const pact = () => harness.sandbox.pact;

  beforeAll(async () => {
    harness = await startHarness({
      accounts: (sandbox) => [...sandboxAccounts(sandbox), pactV2Account(sandbox)],
      callLimits: { sendTimeout: 2_000 },
    });
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  const send = async (input: object, key = randomUUID()) => {
    const given = { conversationId: conversation(documented), text: 'Hello', idempotencyKey: key, ...input };
    return (await harness.data(SEND, { input: given })).sendMessage;
  };
  const rowsOf = (id: number) => pact().messages(id);

  describe('reads', () => {
    it('what a message answers, from the page that has both, and from before it', async () => {
      const read =
        'query ($id: ID!, $last: Int) { conversation(id: $id) { messages(last: $last) { nodes { externalId replyTo { externalId conversation { id } } } } } }';
      const { externalId } = (
        await harness.data('query ($id: ID!) { message(id: $id) { replyTo { externalId } } }', {
          id: message(seeded.reply),
        })
      ).message.replyTo;
      expect(externalId).toBe(String(seeded.answered));

      harness.takeCalls();
      const { nodes } = (await harness.data(read, { id: conversation(documented), last: 200 })).conversation
        .messages;
      const reply = nodes.find((row: any) => row.externalId === String(seeded.reply));
      expect(reply.replyTo).toEqual({
        externalId: String(seeded.answered),
        conversation: { id: conversation(documented) },
      });
      expect(nodes.filter((row: any) => row.replyTo !== null)).toHaveLength(1);
      expect(harness.takeCalls()).toEqual(['pact v2Messages']);
    });

    it('reactions, and that a message has failed, in our own words', async () => {
      const { reacted, failed } = await harness.data(
        `query ($reacted: ID!, $failed: ID!) {
          reacted: message(id: $reacted) { reactions { emoji author { id } providerDetails { ... on PactReaction { raw } } } }
          failed: message(id: $failed) { delivery { state evidence failureReason } }
        }`,
        { reacted: message(seeded.reacted), failed: message(seeded.failed) },
      );

      expect(reacted.reactions).toEqual([
        { emoji: '👍', author: null, providerDetails: { raw: { emoji: '👍', count: 1 } } },
      ]);
      expect(failed.delivery).toEqual({
        ...{ state: 'FAILED', evidence: 'HISTORY', failureReason: 'Pact could not deliver it.' },
      });
    });

    it('voice messages, and the pixels of a picture', async () => {
      const voice = await harness.data(ATTACHMENTS, { id: message(seeded.voice, attachments) });
      const image = await harness.data(ATTACHMENTS, { id: message(seeded.image, attachments) });

      expect(voice.message.attachments).toMatchObject([
        { media: { __typename: 'AudioMedia', isVoiceMessage: true } },
      ]);
      expect(image.message.attachments).toMatchObject([
        { media: { __typename: 'ImageMedia', width: expect.any(Number), height: expect.any(Number) } },
      ]);
    });

    it('a hundred messages of one conversation by one page, and a single one by itself', async () => {
      const document =
        'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Message { externalId text } } }';
      const ids = rowsOf(wellKnown.pact.long)
        .slice(-100)
        .map(({ external_id }) => external_id);
      const of = ids.map((id) => ({ __typename: 'Message', id: message(id, wellKnown.pact.long) }));
      harness.takeCalls();

      const together = await harness.data(document, { of });
      expect(together._entities.map(({ externalId }: any) => Number(externalId))).toEqual(ids);
      expect(harness.takeCalls()).toEqual(['pact v2Messages']);

      await harness.data(document, { of: of.slice(0, 1) });
      expect(harness.takeCalls()).toEqual(['pact v2Message']);
    });

    it('conversations beside those of others, by their activity, and by their state', async () => {
      const list = `query ($filter: ConversationFilter) {
        conversations(first: 200, filter: $filter) {
          nodes { accountId externalId state createdAt lastActivityAt }
          sources { account { id } answered error { code } }
        }
      }`;
      const archived = { accountIds: [PACT_V2, 'sales'], states: ['ARCHIVED'] };

      const both = (await harness.data(list, { filter: { accountIds: [PACT_V2, 'app'] } })).conversations;
      const byState = (await harness.data(list, { filter: archived })).conversations;

      const instants = both.nodes.map((row: any) =>
        row.accountId === PACT_V2 ? row.lastActivityAt : row.createdAt,
      );
      expect(new Set(both.nodes.map((row: any) => row.accountId)).size).toBe(2);
      expect(instants).toEqual(instants.toSorted().reverse());
      expect(byState.nodes).toMatchObject([{ externalId: String(seeded.archived), state: 'ARCHIVED' }]);
      const sourceOf = (id: string) => byState.sources.find((source: any) => source.account.id === id);
      expect(sourceOf(PACT_V2)).toMatchObject({ answered: true, error: null });
      expect(sourceOf('sales')).toMatchObject({ answered: false, error: { code: 'UNSUPPORTED' } });
    });

    it('what can be done, by the messenger', async () => {
      const capabilities =
        'capabilities { replies deleteMessages archiveConversation sendButtons maxAttachmentsPerMessage closeConversation }';
      const data = await harness.data(
        `query ($whatsapp: ID!, $vk: ID!, $v1: ID!) {
          account(id: "${PACT_V2}") { ${capabilities} }
          whatsapp: conversation(id: $whatsapp) { ${capabilities} }
          vk: conversation(id: $vk) { ${capabilities} }
          v1: conversation(id: $v1) { ${capabilities} }
        }`,
        {
          whatsapp: conversation(documented),
          vk: conversation(vkontakte),
          v1: conversation(documented, 'sales'),
        },
      );

      const all = {
        ...{ replies: true, deleteMessages: true, archiveConversation: true, sendButtons: false },
        ...{ maxAttachmentsPerMessage: 1, closeConversation: false },
      };
      expect(data.account.capabilities).toEqual(all);
      expect(data.whatsapp.capabilities).toEqual(all);
      expect(data.vk.capabilities).toEqual({ ...all, deleteMessages: false });
      expect(data.v1.capabilities).toMatchObject({
        replies: false,
        deleteMessages: false,
        archiveConversation: false,
      });
    });
  });

  describe('sends', () => {
    it('a message, once, and tells how far it has come', async () => {
      pact().delivery('async');
      const key = randomUUID();
      const before = rowsOf(documented).length;

      const sent = await send({}, key);
      const again = await send({}, key);

      const id = Number(sent.message.externalId);
      expect(sent).toMatchObject({ delivery: { state: 'QUEUED', evidence: 'RESPONSE' }, userErrors: [] });
      expect(again.message).toEqual(sent.message);
      expect(rowsOf(documented)).toHaveLength(before + 1);

      const ask = async () => (await harness.data(DELIVERY, { id: sent.delivery.id })).delivery;
      const states: string[] = [(await ask()).state];
      for (const status of ['sent', 'delivered', 'read'] as const) {
        pact().v2.settle(id, status);
        states.push((await ask()).state);
      }
      expect(states).toEqual(['QUEUED', 'SENT', 'DELIVERED', 'READ']);
      harness.takeCalls();
      expect(await ask()).toMatchObject({
        state: 'READ',
        evidence: 'HISTORY',
        message: { externalId: String(id) },
      });
      expect(harness.takeCalls()).not.toContain('pact v2SendMessage');
    });

    it('a message that fails, and says so without the provider’s words', async () => {
      pact().delivery('async');
      const { message: sent, delivery } = await send({});
      pact().v2.settle(Number(sent.externalId), 'error', 'the number is not on WhatsApp');

      const told = (await harness.data(DELIVERY, { id: delivery.id })).delivery;

      expect(told).toMatchObject({ state: 'FAILED', failureReason: 'Pact could not deliver it.' });
    });

    it('a message whose answer is lost, once, and finds it again', async () => {
      const key = randomUUID();
      const before = rowsOf(documented).length;
      pact().failNext({ acceptThen: 'reset' }, { call: 'v2SendMessage' });

      const lost = await send({ text: 'once only' }, key);
      const found = await send({ text: 'once only' }, key);

      expect(lost).toMatchObject({ message: null, delivery: { state: 'UNKNOWN' }, userErrors: [] });
      expect(found).toMatchObject({ message: { text: 'once only' }, delivery: { evidence: 'HISTORY' } });
      expect(rowsOf(documented)).toHaveLength(before + 1);
    });

    it('an answer to a message', async () => {
      const sent = await send({ text: 'Yes', replyTo: message(seeded.answered) });

      expect(sent).toMatchObject({
        message: { text: 'Yes', replyTo: { externalId: String(seeded.answered) } },
        userErrors: [],
      });
      const stored = pact().v2.message(Number(sent.message.externalId));
      expect(stored.replied_to_id).toBe(pact().v2.message(seeded.answered).external_id);
    });

    it('no answer to a message that is not there, and the key stays free', async () => {
      const key = randomUUID();
      const before = rowsOf(documented).length;

      const refused = await send({ replyTo: message(1) }, key);
      expect(refused).toMatchObject({
        ...{ message: null, delivery: null },
        userErrors: [{ code: 'BAD_USER_INPUT', field: ['input', 'replyTo'], retryable: false }],
      });
      expect(rowsOf(documented)).toHaveLength(before);

      expect((await send({ text: 'Then without' }, key)).userErrors).toEqual([]);
    });

    it('no answer to a message that its messenger has not taken yet, until it has', async () => {
      const key = randomUUID();
      pact().v2.setMessage(seeded.answered, { externalId: null });
      const input = { text: 'Yes', replyTo: message(seeded.answered) };

      const early = await send(input, key);
      pact().v2.setMessage(seeded.answered, { externalId: 'wamid.late' });
      const later = await send(input, key);

      expect(early).toMatchObject({
        message: null,
        userErrors: [{ code: 'PROVIDER_REJECTED', retryable: true }],
      });
      expect(later.userErrors).toEqual([]);
      expect(pact().v2.message(Number(later.message.externalId)).replied_to_id).toBe('wamid.late');
    });

    it('no answer to a message that was deleted', async () => {
      pact().v2.setMessage(seeded.answered, { deleted: true });

      const refused = await send({ replyTo: message(seeded.answered) });

      expect(refused.userErrors).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', 'replyTo'] }]);
    });

    it('no answer to a message of another conversation', async () => {
      const refused = await send({ replyTo: message(rowsOf(sameTime)[0]!.external_id, sameTime) });

      expect(refused.userErrors).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', 'replyTo'] }]);
    });

    it('a voice message, and a picture of the size that it is said to have', async () => {
      const target = { conversationId: conversation(empty) };
      const voice = await postUpload(
        harness.url,
        { ...target, pushToTalk: true },
        { bytes: WAV, fileName: 'voice.wav', type: 'audio/wav' },
      );
      const image = await postUpload(
        harness.url,
        { ...target, width: 640, height: 480 },
        { bytes: PNG, fileName: 'dot.png', type: 'image/png' },
      );
      const sent: any[] = [];
      for (const { data } of [voice, image]) {
        const { attachment, userErrors } = data.uploadAttachment;
        expect(userErrors).toEqual([]);
        sent.push(await send({ ...target, text: null, attachmentIds: [attachment.id] }));
      }

      const ids = sent.map((one) => one.message.id);
      const [ofVoice, ofImage] = await Promise.all(ids.map((id) => harness.data(ATTACHMENTS, { id })));
      expect(ofVoice.message.attachments).toMatchObject([
        { media: { __typename: 'AudioMedia', isVoiceMessage: true } },
      ]);
      expect(ofImage.message.attachments).toEqual([
        { mimeType: 'image/png', media: { __typename: 'ImageMedia', width: 640, height: 480 } },
      ]);
    });

    it('the first message to somebody on VKontakte, which v1 refuses before any call', async () => {
      const start = (accountId: string) => ({
        pact: {
          accountId,
          messenger: 'VKONTAKTE',
          vkontakteId: '5551234',
          text: 'Good day',
          idempotencyKey: randomUUID(),
        },
      });

      const started = (await harness.data(START, { input: start(PACT_V2) })).startConversation;
      expect(started).toMatchObject({
        conversation: { providerDetails: { channelType: 'vkontakte', senderExternalId: '5551234' } },
        ...{ delivery: { message: { text: 'Good day' } }, userErrors: [] },
      });

      harness.takeCalls();
      const refused = (await harness.data(START, { input: start('sales') })).startConversation;
      expect(refused).toMatchObject({ conversation: null, userErrors: [{ code: 'BAD_USER_INPUT' }] });
      expect(harness.takeCalls()).toEqual([]);
    });
  });

  describe('deletes', () => {
    it('messages of one conversation, for everybody, and twice is as good as once', async () => {
      const ids: number[] = [seeded.answered, seeded.reacted];
      const input = { messageIds: ids.map((id) => message(id)) };

      const deleted = (await harness.data(DELETE, { input })).deleteMessages;
      const again = (await harness.data(DELETE, { input })).deleteMessages;

      for (const payload of [deleted, again]) {
        expect(payload.userErrors).toEqual([]);
        const rows = payload.conversation.messages.nodes.filter((row: any) =>
          ids.includes(Number(row.externalId)),
        );
        for (const row of rows) expect(row).toMatchObject({ text: null, isDeleted: true });
      }
      // The other version of the same company has them no more.
      expect(rowsOf(documented).filter(({ external_id }) => ids.includes(external_id))).toEqual([]);
    });

    it('nothing where the messenger does not let anybody, and asks nobody to', async () => {
      const [row] = rowsOf(vkontakte);

      const input = { messageIds: [message(row!.external_id, vkontakte)] };
      const refused = (await harness.data(DELETE, { input })).deleteMessages;

      expect(refused).toMatchObject({
        conversation: null,
        userErrors: [{ code: 'UNSUPPORTED', field: ['input', 'messageIds'] }],
      });
      expect(harness.takeCalls()).not.toContain('pact v2DeleteMessages');
      expect(rowsOf(vkontakte)[0]).toEqual(row);
    });
  });

  describe('archives', () => {
    const change = async (document: string, name: string, id: string) =>
      (await harness.data(document, { input: { conversationId: id } }))[name];

    it('a conversation, and takes it out again; twice is as good as once', async () => {
      const id = conversation(documented);

      for (const [document, name, state] of [
        [ARCHIVE, 'archiveConversation', 'ARCHIVED'],
        [ARCHIVE, 'archiveConversation', 'ARCHIVED'],
        [REOPEN, 'reopenConversation', 'OPEN'],
        [REOPEN, 'reopenConversation', 'OPEN'],
      ] as const)
        expect(await change(document, name, id)).toEqual({ conversation: { id, state }, userErrors: [] });
    });

    it('nothing that does not exist, and nothing of v1', async () => {
      expect(await change(ARCHIVE, 'archiveConversation', conversation(999_999))).toMatchObject({
        ...{ conversation: null, userErrors: [{ code: 'NOT_FOUND', field: ['input', 'conversationId'] }] },
      });
      expect(await change(REOPEN, 'reopenConversation', conversation(documented, 'sales'))).toMatchObject({
        ...{ conversation: null, userErrors: [{ code: 'UNSUPPORTED' }] },
      });
    });
  });

  describe('uploads', () => {
    const upload = (url: string, accountId = PACT_V2) =>
      postUpload(
        url,
        { conversationId: conversation(empty, accountId) },
        { bytes: pdf(), fileName: 'a.pdf', type: 'application/pdf' },
      );

    it('as many as Pact takes in a second, and waits for a turn with the others', async () => {
      const answers = await Promise.all(Array.from({ length: 7 }, () => upload(harness.url)));

      for (const { data } of answers) expect(data.uploadAttachment.userErrors).toEqual([]);
      expect(pact().uploads()).toHaveLength(7);
    });

    it('says when there is a turn where that takes longer than there is time', async () => {
      const hasty = await startHarness({
        accounts: (sandbox) => [pactV2Account(sandbox)],
        // Less than it takes for a turn to come.
        callLimits: { uploadTimeout: 1_000 },
      });

      const answers = await Promise.all(Array.from({ length: 12 }, () => upload(hasty.url)));

      const errors = answers.flatMap(({ data }) => data.uploadAttachment.userErrors);
      expect(errors).toHaveLength(7);
      for (const error of errors)
        expect(error).toMatchObject({
          ...{ code: 'PROVIDER_RATE_LIMITED', retryable: true, retryAfter: expect.any(Number) },
        });
      expect(hasty.sandbox.pact.uploads()).toHaveLength(5);
      await hasty.close();
    });

    it('counts those of all accounts of one token together', async () => {
      const hasty = await startHarness({
        accounts: (sandbox) => [pactV2Account(sandbox), { ...pactV2Account(sandbox), id: 'twin' }],
        callLimits: { uploadTimeout: 1_000 },
      });
      const accounts = [PACT_V2, 'twin', PACT_V2, 'twin', PACT_V2, 'twin', PACT_V2, 'twin'];

      const answers = await Promise.all(accounts.map((accountId) => upload(hasty.url, accountId)));

      const errors = answers.flatMap(({ data }) => data.uploadAttachment.userErrors);
      expect(errors.map(({ code }) => code)).toEqual(new Array(3).fill('PROVIDER_RATE_LIMITED'));
      await hasty.close();
    });

    it('says so as well where Pact itself has had enough', async () => {
      pact().v2.uploadLimit(true);
      pact().failNext({ status: 429, headers: { 'retry-after': '7' } }, { call: 'v2UploadAttachment' });

      const { data } = await upload(harness.url);

      expect(data.uploadAttachment).toMatchObject({
        attachment: null,
        userErrors: [{ code: 'PROVIDER_RATE_LIMITED', retryable: true, retryAfter: 7 }],
      });
    });
  });
});
