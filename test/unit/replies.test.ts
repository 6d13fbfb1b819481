import { describe, expect, it } from '@jest/globals';
import { graphql } from 'graphql';
import { createContext } from '../../src/graph/context.ts';
import { createSchema } from '../../src/graph/schema.ts';
import type { GraphServices } from '../../src/graph/context.ts';
import { EVERYBODY } from '../../src/auth/authenticate.ts';
import { NotFoundError, ParleyError } from '../../src/messaging/errors.ts';
import { conversationId } from '../../src/messaging/ids.ts';
import type { Message, Provider } from '../../src/messaging/provider.ts';
import { createRegistry } from '../../src/messaging/registry.ts';
import { UNLIMITED } from './contents.ts';

const schema = createSchema();

const messageOf = (conversation: string, externalId: string, repliedTo: string | null): Message => ({
  ...{ accountId: 'acc', conversationExternalId: conversation, externalId },
  ...{ direction: 'INBOUND', author: null, text: `text of ${externalId}`, attachments: [], reactions: [] },
  content: { kind: 'TextContent', text: null },
  ...{ sentAt: '2026-01-01T00:00:00.000Z', delivery: null, isDeleted: null, repliedTo },
  providerDetails: {
    ...{ kind: 'PactMessage', channelId: null, channelType: null, messengerId: externalId },
  },
});

/** A provider of a few messages, each by its id and by what others that answer it call it: `wamid.` and its id. */
function open(
  rows: readonly Message[],
  own: { [Method in keyof Provider]?: Provider[Method] | undefined } = {},
) {
  const sought: string[] = [];
  const provider = {
    name: 'PACT',
    limits: UNLIMITED,
    pagesTellConversation: false,
    loadMessages: (id: string) =>
      Promise.resolve({
        items: rows
          .filter(({ conversationExternalId }) => conversationExternalId === id)
          .map((item) => ({ item, position: item.externalId })),
        hasMore: false,
      }),
    loadReplied(id: string, names: readonly string[]) {
      sought.push(`${names.join()} in ${id}`);
      return Promise.resolve(
        names.map((name) =>
          name === 'wamid.far'
            ? new ParleyError('MESSAGE_UNREACHABLE', 'It is too far away.')
            : (rows.find((row) => row.conversationExternalId === id && `wamid.${row.externalId}` === name) ??
              null),
        ),
      );
    },
    ...own,
  } as Partial<Provider> as Provider;
  const registry = createRegistry([{ id: 'acc', name: 'Account', provider, status: () => 'OPERATIONAL' }]);
  const ask = async (document: string) => {
    const over: (() => void)[] = [];
    const contextValue = createContext({
      services: {} as GraphServices,
      ...{ registry, viewer: EVERYBODY, headers: {}, signal: new AbortController().signal },
      ...{ readTime: 60_000, span: undefined, whenOver: (listener) => void over.push(listener) },
    });
    const { data, errors } = await graphql({ schema, source: document, contextValue });
    for (const end of over) end();
    return {
      data: JSON.parse(JSON.stringify(data)) as Record<string, any>,
      errors: errors?.map(({ path, originalError }) => [
        path?.join('.'),
        (originalError as ParleyError).code,
      ]),
    };
  };
  return { sought, ask };
}

const page = (conversation: string, fields: string) =>
  `c${conversation}: conversation(id: "${conversationId({ accountId: 'acc', externalId: conversation })}") {
    messages(last: 10) { nodes { ${fields} } }
  }`;

describe('what a message answers', () => {
  const rows = [
    messageOf('7', '1', null),
    messageOf('7', '2', 'wamid.1'),
    messageOf('7', '3', 'wamid.2'),
    messageOf('7', '4', 'wamid.1'),
    messageOf('8', '5', 'wamid.6'),
    messageOf('8', '6', null),
  ];

  it('is sought together with all that is answered in its conversation, each once', async () => {
    const { sought, ask } = open(rows);
    const { data, errors } = await ask(
      `{ ${page('7', 'externalId replyTo { externalId text }')} ${page('8', 'externalId replyTo { externalId }')} }`,
    );
    expect(errors).toBeUndefined();
    expect(data['c7'].messages.nodes.map((node: any) => node.replyTo)).toEqual([
      null,
      { externalId: '1', text: 'text of 1' },
      { externalId: '2', text: 'text of 2' },
      { externalId: '1', text: 'text of 1' },
    ]);
    expect(data['c8'].messages.nodes.map((node: any) => node.replyTo)).toEqual([{ externalId: '6' }, null]);
    expect(sought.toSorted()).toEqual(['wamid.1,wamid.2 in 7', 'wamid.6 in 8']);
  });

  it('is followed as far as it is asked for', async () => {
    const { sought, ask } = open(rows);
    const { data } = await ask(`{ ${page('7', 'replyTo { externalId replyTo { externalId } }')} }`);
    expect(data['c7'].messages.nodes[2].replyTo).toEqual({ externalId: '2', replyTo: { externalId: '1' } });
    // What is known already is not sought again.
    expect(sought).toEqual(['wamid.1,wamid.2 in 7']);
  });

  it('is not sought by who does not ask for it', async () => {
    const { sought, ask } = open(rows);
    await ask(`{ ${page('7', 'externalId text')} }`);
    expect(sought).toEqual([]);
  });

  it('is null where it is not there any more, or its conversation is not', async () => {
    const gone = open([messageOf('7', '2', 'wamid.gone'), ...rows.slice(2, 3)]);
    const { data, errors } = await gone.ask(`{ ${page('7', 'replyTo { externalId }')} }`);
    expect(errors).toBeUndefined();
    expect(data['c7'].messages.nodes).toEqual([{ replyTo: null }, { replyTo: { externalId: '2' } }]);
    const missing = open(rows, {
      loadReplied: () => Promise.reject(new NotFoundError({ provider: 'PACT', accountId: 'acc' })),
    });
    expect(await missing.ask(`{ ${page('8', 'replyTo { externalId }')} }`)).toEqual({
      ...{ data: { c8: { messages: { nodes: [{ replyTo: null }, { replyTo: null }] } } }, errors: undefined },
    });
  });

  it('is null where the provider can’t look for it, and in what was told before anybody asked', async () => {
    const { repliedTo: _later, ...told } = messageOf('7', '9', null);
    for (const { ask } of [open(rows, { loadReplied: undefined }), open([told as Message])]) {
      const { data, errors } = await ask(`{ ${page('7', 'replyTo { externalId }')} }`);
      expect(errors).toBeUndefined();
      for (const { replyTo } of data['c7'].messages.nodes) expect(replyTo).toBeNull();
    }
  });

  it('costs itself alone where it can’t be read', async () => {
    const { ask } = open([...rows.slice(0, 2), messageOf('7', '3', 'wamid.far')]);
    const { data, errors } = await ask(`{ ${page('7', 'text replyTo { externalId }')} }`);
    expect(data['c7'].messages.nodes).toEqual([
      { text: 'text of 1', replyTo: null },
      { text: 'text of 2', replyTo: { externalId: '1' } },
      { text: 'text of 3', replyTo: null },
    ]);
    expect(errors).toEqual([['c7.messages.nodes.2.replyTo', 'MESSAGE_UNREACHABLE']]);
  });
});
