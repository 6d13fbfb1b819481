import { describe, expect, it } from '@jest/globals';
import { InputError, NotFoundError } from '../../src/messaging/errors.ts';
import type { Content } from '../../src/messaging/content.ts';
import type { Plan } from '../../src/messaging/once.ts';
import type { OutgoingFile, OutgoingMessage } from '../../src/messaging/outgoing.ts';
import { progressOf } from '../../src/messaging/outgoing.ts';
import type { MessageLimits, Provider, ReadContext } from '../../src/messaging/provider.ts';
import { createRegistry } from '../../src/messaging/registry.ts';
import { planMessage, planStart } from '../../src/messaging/sendPlan.ts';
import type { Uploads } from '../../src/messaging/uploads.ts';
import { createUpstreamCalls } from '../../src/messaging/upstreamCalls.ts';

const LIMITS: MessageLimits = {
  maxTextLength: null,
  maxAttachmentsPerMessage: 1,
  textWithAttachment: 'FORBIDDEN',
  attachmentMimeTypes: null,
  textWithAttachmentMimeTypes: null,
  maxAttachmentBytes: null,
  sendActionList: false,
  sendButtons: false,
  replies: false,
  deleteMessages: false,
};
const CONTENT: Content = {
  text: 'Hi',
  attachmentIds: ['one', 'two'],
  actionList: null,
  buttons: [],
  splitIfNeeded: true,
  device: null,
  replyTo: null,
};
const READ: ReadContext = {
  signal: new AbortController().signal,
  calls: createUpstreamCalls(),
  header: () => undefined,
  share: (_key, load) => load(),
};
const TRY = { token: 'token', from: '2026-01-01T00:00:00.000Z', until: '2026-01-01T00:00:15.000Z' };

function open(limits = LIMITS) {
  const sent: OutgoingMessage[] = [];
  const held: string[] = [];
  const provider = {
    name: 'LETSTALK',
    limits,
    sendMessage(message: OutgoingMessage) {
      sent.push(message);
      return Promise.resolve(progressOf({ state: 'SENT', evidence: 'RESPONSE', final: true }));
    },
  } as Partial<Provider> as Provider;
  const fileOf = (fileName: string): OutgoingFile => ({
    ...{ externalId: null, mimeType: 'image/png', byteSize: 1, url: null, fileName },
    traits: { pushToTalk: false, width: null, height: null },
    open: () => Promise.reject(new Error('nobody reads it here')),
  });
  const uploads = {
    resolve: (ids: readonly string[]) => Promise.resolve({ files: ids.map(fileOf) }),
    hold: (ids: readonly string[], token: string) =>
      Promise.resolve(void held.push(`hold ${ids.join()} ${token}`)),
    letGo: (ids: readonly string[], token: string) =>
      Promise.resolve(void held.push(`let go ${ids.join()} ${token}`)),
  } as Partial<Uploads> as Uploads;
  const plan = async ({
    viewerId = 'ann',
    id = 'acc',
    externalId = '7',
    key = 'k',
    content = CONTENT,
  } = {}) => {
    const [account] = createRegistry([{ id, name: id, provider, status: () => 'OPERATIONAL' }]).all;
    const conversation = { accountId: id, externalId };
    const origin = { account: account!, viewerId, key };
    const options = { uploads, sendTimeout: 15, fileSendTimeout: 60 };
    const planned = await planMessage(origin, { conversation, content }, READ, options);
    if (!('parts' in planned)) throw new Error(JSON.stringify(planned));
    const started = planStart(
      origin,
      {
        provider: 'LETSTALK',
        organizationId: '7',
        inquiryId: null,
        title: null,
        text: 'secret',
        metadata: null,
      },
      options,
    );
    return { message: planned, start: started };
  };
  return { sent, held, plan };
}

const namesOf = ({ parts }: Plan) => parts.map(({ name }) => name);

describe('the plan of a send', () => {
  it('gives each message a name that is the same whenever it is made, whatever it says', async () => {
    const { plan } = open();
    const { message, start } = await plan();
    const again = await plan({ content: { ...CONTENT, text: 'Bye' } });
    expect(namesOf(again.message)).toEqual(namesOf(message));
    expect(namesOf(again.start)).toEqual(namesOf(start));
  });

  it('gives no two messages the same name', async () => {
    const { plan } = open();
    const others = [{}, { viewerId: 'ben' }, { id: 'other' }, { externalId: '8' }, { key: 'l' }];
    const plans = await Promise.all(others.map(plan));
    const names = plans.flatMap(({ message }) => namesOf(message));
    expect(names).toHaveLength(15);
    const starts = await Promise.all(others.filter((other) => !('externalId' in other)).map(plan));
    names.push(...starts.flatMap(({ start }) => namesOf(start)));
    expect(new Set(names).size).toBe(names.length);
  });

  it('sends each part under its name, and holds its own files for the try that is made', async () => {
    const { plan, sent, held } = open();
    const { message } = await plan();
    for (const part of message.parts) {
      await part.prepare?.(TRY);
      await part.send(READ);
      await part.undo?.(TRY);
    }
    const told = sent.map(({ name, text, files }) => [name, text, files.map(({ fileName }) => fileName)]);
    const [text, one, two] = namesOf(message);
    expect(told).toEqual([
      [text, 'Hi', []],
      [one, null, ['one']],
      [two, null, ['two']],
    ]);
    expect(held).toEqual(['hold one token', 'let go one token', 'hold two token', 'let go two token']);
    expect(message.parts.map(({ timeout }) => timeout)).toEqual([15, 60, 60]);
  });

  it('answers with the first message alone, by the provider’s own id of what is answered', async () => {
    const { plan, sent } = open({ ...LIMITS, replies: true });
    const replyTo = { accountId: 'acc', conversationExternalId: '7', externalId: '41' };
    const { message } = await plan({ content: { ...CONTENT, replyTo } });
    for (const part of message.parts) await part.send(READ);
    expect(sent.map(({ text, replyTo }) => [text, replyTo])).toEqual([
      ['Hi', '41'],
      [null, null],
      [null, null],
    ]);
  });

  it('says of what an adapter can’t use which field of the input it is', async () => {
    const { plan } = open();
    const { message, start } = await plan();
    const reply = message.parts[0]!.toUserError(new InputError('replyTo', 'It is gone.'));
    expect(reply).toEqual({
      ...{ code: 'BAD_USER_INPUT', field: ['input', 'replyTo'], message: 'It is gone.' },
      ...{ retryable: false, retryAfter: null },
    });
    const messenger = start.parts[0]!.toUserError(new InputError('pact.messenger', 'Not here.'));
    expect(messenger).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', 'pact', 'messenger'] });
  });

  it('keeps no text for the store', async () => {
    const { plan } = open();
    const { message, start } = await plan({ content: { ...CONTENT, text: 'secret' } });
    expect(JSON.stringify([message, start])).not.toContain('secret');
  });

  it('says of a conversation that the provider does not know that it is not found', async () => {
    const { plan } = open();
    const { message, start } = await plan();
    const error = new NotFoundError({ provider: 'LETSTALK', accountId: 'acc' });
    expect(message.parts[0]!.toUserError(error)).toMatchObject({
      code: 'NOT_FOUND',
      field: ['input', 'conversationId'],
    });
    expect(start.parts[0]!.toUserError(error)).toMatchObject({
      code: 'NOT_FOUND',
      field: ['input', 'letstalk'],
    });
  });
});
