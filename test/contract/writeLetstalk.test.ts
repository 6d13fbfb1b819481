import { describe, expect, it } from '@jest/globals';
import type { OutgoingActionList, OutgoingMessage, StartConversation } from '../../src/messaging/outgoing.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import { openWriting } from './openWriting.ts';
import { operation } from './operation.ts';
import { file, lost, outgoing } from './outgoing.ts';
import { accountsOf } from './writeSubjects.ts';

const { empty, ofAnotherClient } = wellKnown.letstalk;
const conversationId = String(empty);

describe('writing to Letstalk, by its own ways', () => {
  const writing = openWriting(accountsOf);
  const letstalk = () => writing.sandbox().letstalk;
  const open = (accountId = 'support') => writing.provider(accountId);

  const send = (message: Partial<OutgoingMessage>, provider = open()) =>
    provider.sendMessage!(outgoing({ conversationId, ...message }), operation());

  it.each([
    ['support', 'User'],
    ['asking', 'Client'],
  ])('writes in the name of whom the key of "%s" belongs to', async (accountId, type) => {
    const progress = await send({ text: 'Hello' }, open(accountId));

    const [row] = letstalk().messages(empty);
    expect(row).toMatchObject({ person: { type }, content: 'Hello', content_type: 'text/plain' });
    expect(progress).toEqual({
      ...{ state: 'SENT', evidence: 'RESPONSE', messageId: String(row!.id), job: null, final: true },
      sentAt: new Date(row!.created_at.replace('+0000', 'Z')).toISOString(),
      ...{ deliveredAt: null, readAt: null, failureReason: null },
    });
  });

  it('is refused in a conversation of another client', async () => {
    await expect(
      send({ conversationId: String(ofAnotherClient), text: 'Hello' }, open('asking')),
    ).rejects.toMatchObject({ code: 'PROVIDER_FORBIDDEN', refused: true });
  });

  const link = { kind: 'link', label: 'Haz click', url: 'https://www.google.com/?q=a&b' } as const;
  const reply = { kind: 'quickReply', label: 'Sí 👍', message: 'Sí, "gracias" & adiós' } as const;

  it.each<[string, OutgoingActionList, object]>([
    [
      'with everything',
      {
        ...{ title: 'Elija:', viewType: 'PILL', showItemIcons: false },
        items: [{ ...link, target: '_parent' }, reply],
      },
      {
        title: 'Elija:',
        options: { viewType: 'pill', showItemsIcon: false },
        items: [
          { type: 'link', payload: { label: link.label, url: link.url, target: '_parent' } },
          { type: 'quick-reply', payload: { label: reply.label, message: reply.message } },
        ],
      },
    ],
    [
      'with nothing that may be left out',
      { title: 'Elija:', viewType: null, showItemIcons: null, items: [{ ...link, target: null }] },
      {
        title: 'Elija:',
        items: [{ type: 'link', payload: { label: link.label, url: link.url } }],
      },
    ],
  ])('writes a list of actions %s, and reads it again', async (_what, actionList, content) => {
    const provider = open();
    const message = outgoing({ conversationId, actionList });

    const sent = await provider.sendMessage!(message, operation());

    const [row] = letstalk().messages(empty);
    expect(letstalk().messages(empty)).toHaveLength(1);
    expect(JSON.parse(row!.content as string)).toEqual(content);
    expect(row).toMatchObject({ id: Number(sent.messageId), remote_id: message.name });
    const [read] = await provider.findMessages(conversationId, [sent.messageId!], operation());
    expect(read).toMatchObject({ content: { kind: 'ActionListContent', title: 'Elija:' } });
  });

  it.each([
    [
      { viewType: 'PILL', showItemIcons: null },
      { viewType: 'pill', showItemsIcon: false },
    ],
    [
      { viewType: null, showItemIcons: true },
      { viewType: 'list', showItemsIcon: true },
    ],
  ] as const)('writes the documented default beside one option: %j', async (given, options) => {
    await send({ actionList: { title: 'Elija:', items: [reply], ...given } });

    const [row] = letstalk().messages(empty);
    expect(JSON.parse(row!.content as string)).toMatchObject({ options });
  });

  it('writes a file under its message’s own name', async () => {
    const message = outgoing({ conversationId, files: [file()] });
    const provider = open();

    const { messageId } = await provider.sendMessage!(message, operation());

    expect(letstalk().messages(empty)).toMatchObject([
      {
        ...{ id: Number(messageId), content: 'attachment', content_type: 'application/pdf' },
        remote_id: message.name,
      },
    ]);
    const { found } = await provider.findSent!(conversationId, lost(message), operation());
    expect(found.map((progress) => progress.messageId)).toEqual([messageId]);
  });

  it('calls a sound by the only name that Letstalk knows for it', async () => {
    await send({ files: [file({ mimeType: 'audio/mpeg', fileName: 'a.mp3' })] });

    const [row] = letstalk().messages(empty);
    expect(row).toMatchObject({ content_type: 'audio/mp3' });
    expect(letstalk().files().get(row!.id)).toMatchObject({ mimeType: 'audio/mp3', fileName: 'a.mp3' });
  });

  it('takes every type that it says it takes', async () => {
    const provider = open();
    const types = provider.limits.attachmentMimeTypes!;

    for (const mimeType of types) await send({ files: [file({ mimeType })] }, provider);

    expect(letstalk().messages(empty)).toHaveLength(types.length);
  });

  it('finds a lost message whatever case its name came back in', async () => {
    const message = outgoing({ conversationId, text: 'Hello' });
    const { id } = letstalk().addMessage(empty, { remote_id: message.name.toUpperCase() });

    const { found } = await open().findSent!(conversationId, lost(message), operation());

    expect(found.map(({ messageId }) => messageId)).toEqual([String(id)]);
  });

  it('gives every message that has the name, oldest first', async () => {
    const message = outgoing({ conversationId, text: 'Hello' });
    const provider = open();
    await provider.sendMessage!(message, operation());
    await provider.sendMessage!(message, operation());

    const { found } = await provider.findSent!(conversationId, lost(message), operation());

    expect(found.map(({ messageId }) => Number(messageId))).toEqual(
      letstalk()
        .messages(empty)
        .map(({ id }) => id),
    );
  });

  it.each([
    ['everything', { inquiryId: '4', title: 'Ayuda', metadata: { a: [1, { b: null }], ñ: '🦊' } }],
    ['nothing that may be left out', { inquiryId: null, title: null, metadata: null }],
  ])('starts a conversation with %s', async (_what, given) => {
    const name = 'a55ac7b8-bca7-4ab3-a2e0-e0579fa21cea';
    const start: StartConversation = {
      ...{ provider: 'LETSTALK', name, organizationId: '12', text: 'Hola\n[]' },
      ...given,
    };

    const { conversationId: id } = await open('asking').startConversation!(start, operation());

    const row = letstalk()
      .conversations()
      .find((conversation) => String(conversation.id) === id);
    expect(row).toMatchObject({
      ...{ organization_id: 12, issue: given.title, metadata: given.metadata ?? {} },
      ...{ status: 'Open', client_id: letstalk().clientId },
    });
    expect(row?.inquiry_id).toBe(given.inquiryId === null ? undefined : 4);
    expect(letstalk().messages(Number(id))).toMatchObject([{ content: 'Hola\n[]', remote_id: name }]);
  });

  it('lets agents close, and clients start, and neither the other', () => {
    expect(open('asking')).not.toHaveProperty('closeConversation');
    expect(open('support')).not.toHaveProperty('startConversation');
  });
});
