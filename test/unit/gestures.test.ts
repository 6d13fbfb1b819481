import { describe, expect, it } from '@jest/globals';
import { EVERYBODY } from '../../src/auth/authenticate.ts';
import { NotFoundError, ParleyError } from '../../src/messaging/errors.ts';
import { createGestures } from '../../src/messaging/gestures.ts';
import type { ConversationRef, MessageRef } from '../../src/messaging/ids.ts';
import type { Conversation, Provider, ReadContext } from '../../src/messaging/provider.ts';
import { createRegistry } from '../../src/messaging/registry.ts';
import { createUpstreamCalls } from '../../src/messaging/upstreamCalls.ts';
import { told, UNLIMITED } from './contents.ts';

const HERE: ConversationRef = { accountId: 'acc', externalId: '7' };
const SOURCE = { provider: 'PACT', accountId: 'acc' } as const;
const READ: ReadContext = {
  signal: new AbortController().signal,
  calls: createUpstreamCalls(),
  header: () => undefined,
  share: (_key, load) => load(),
};

const message = (externalId: string, conversationExternalId = '7'): MessageRef => ({
  ...{ accountId: 'acc', conversationExternalId, externalId },
});

/** An account whose provider can do everything but what `own` takes from it, and which says what it was asked. */
function open(own: { [Method in keyof Provider]?: Provider[Method] | undefined } = {}) {
  const asked: string[] = [];
  const touched: ConversationRef[] = [];
  const ask = (what: string) => {
    asked.push(what);
    return Promise.resolve();
  };
  const provider = {
    name: 'PACT',
    limits: UNLIMITED,
    archiveConversation: (id: string) => ask(`archive ${id}`),
    reopenConversation: (id: string) => ask(`reopen ${id}`),
    closeConversation: (id: string) => ask(`close ${id}`),
    deleteMessages: (id: string, ids: readonly string[]) => ask(`delete ${ids.join()} of ${id}`),
    ...own,
  } as Partial<Provider> as Provider;
  const accounts = createRegistry([{ id: 'acc', name: 'Account', provider, status: () => 'OPERATIONAL' }]);
  const caller = { viewer: EVERYBODY, accounts, read: READ };
  const gestures = createGestures({ events: { touched: (ref) => void touched.push(ref) } });
  return {
    asked,
    touched,
    change: (name: (typeof CHANGES)[number][0]) => gestures[name](HERE, caller),
    remove: (...messages: MessageRef[]) => gestures.deleteMessages(messages, caller),
  };
}

const CHANGES = [
  ['closeConversation', 'close'],
  ['archiveConversation', 'archive'],
  ['reopenConversation', 'reopen'],
] as const;

const missing = () => Promise.reject(new NotFoundError(SOURCE));
const down = () =>
  Promise.reject(new ParleyError('PROVIDER_UNAVAILABLE', 'It is down.', { source: SOURCE, retryable: true }));

describe.each(CHANGES)('%s', (name, word) => {
  it('is done, and told to whoever follows the conversation', async () => {
    const { asked, touched, change } = open();
    expect(await change(name)).toEqual({ conversation: HERE, userErrors: [] });
    expect(asked).toEqual([`${word} 7`]);
    expect(touched).toEqual([HERE]);
  });

  it('of what the provider does not know is NOT_FOUND, and of what fails the provider’s error', async () => {
    const lost = open({ [name]: missing });
    const { conversation, userErrors } = await lost.change(name);
    expect([conversation, told(userErrors)]).toEqual([null, ['NOT_FOUND conversationId']]);
    const broken = open({ [name]: down });
    await expect(broken.change(name)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect([...lost.touched, ...broken.touched]).toEqual([]);
  });

  it('is UNSUPPORTED where the capabilities say so', async () => {
    const world = open({ [name]: undefined });
    const { conversation, userErrors } = await world.change(name);
    expect([conversation, told(userErrors)]).toEqual([null, ['UNSUPPORTED conversationId']]);
  });
});

it('an archive that nothing comes out of is none, and nothing comes out of one that takes nothing', async () => {
  for (const own of [{ archiveConversation: undefined }, { reopenConversation: undefined }]) {
    const { asked, change } = open(own);
    for (const name of ['archiveConversation', 'reopenConversation'] as const)
      expect(told((await change(name)).userErrors)).toEqual(['UNSUPPORTED conversationId']);
    expect(asked).toEqual([]);
  }
});

describe('deleteMessages', () => {
  /** What a messenger-dependent provider says of conversations: of the seventh that it has no deletions. */
  const byConversation = (asked: string[]): Partial<Provider> => ({
    limitsOf: ({ externalId }) => ({ ...UNLIMITED, deleteMessages: externalId !== '8' }),
    loadConversations(ids) {
      asked.push(`load ${ids.join()}`);
      return Promise.resolve(
        ids.map((externalId): Conversation | null => (externalId === '9' ? null : { ...HERE, externalId })),
      );
    },
  });

  it('deletes each once, by the provider’s own ids, and tells whoever follows the conversation', async () => {
    const { asked, touched, remove } = open();
    const result = await remove(message('1'), message('2'), message('1'));
    expect(result).toEqual({ conversation: HERE, userErrors: [] });
    expect(asked).toEqual(['delete 1,2 of 7']);
    expect(touched).toEqual([HERE]);
  });

  it('asks the conversation where that decides', async () => {
    const reads: string[] = [];
    const { asked, remove } = open(byConversation(reads));
    expect((await remove(message('1'))).userErrors).toEqual([]);
    expect(told((await remove(message('1', '8'))).userErrors)).toEqual(['UNSUPPORTED messageIds']);
    expect(told((await remove(message('1', '9'))).userErrors)).toEqual(['NOT_FOUND messageIds']);
    expect(reads).toEqual(['load 7', 'load 8', 'load 9']);
    expect(asked).toEqual(['delete 1 of 7']);
  });

  it('throws why the conversation could not be asked, and deletes nothing', async () => {
    const failing = {
      ...byConversation([]),
      loadConversations: () => down().catch((error: unknown) => [error as Error]),
    };
    const { asked, remove } = open(failing);
    await expect(remove(message('1'))).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect(asked).toEqual([]);
  });

  it.each<[string, MessageRef[], string[]]>([
    ['none', [], ['BAD_USER_INPUT messageIds']],
    ['101', Array.from({ length: 101 }, () => message('1')), ['BAD_USER_INPUT messageIds']],
    [
      'those of three conversations',
      [message('1'), message('2', '8'), message('3'), { ...message('4'), accountId: 'other' }],
      ['BAD_USER_INPUT messageIds.1', 'BAD_USER_INPUT messageIds.3'],
    ],
    [
      'those of an account that is not there',
      [{ ...message('1'), accountId: 'x' }],
      ['NOT_FOUND messageIds'],
    ],
  ])('asks nobody for %s', async (_what, messages, errors) => {
    const { asked, touched, remove } = open();
    const { conversation, userErrors } = await remove(...messages);
    expect([conversation, told(userErrors)]).toEqual([null, errors]);
    expect([...asked, ...touched]).toEqual([]);
  });

  it('says of what the provider does not know that it is not found', async () => {
    const { touched, remove } = open({ deleteMessages: missing });
    expect(told((await remove(message('1'))).userErrors)).toEqual(['NOT_FOUND messageIds']);
    expect(touched).toEqual([]);
  });
});
