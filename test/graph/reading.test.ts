import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness, tally } from '../harness.ts';

const MESSAGE = `
  id externalId conversationExternalId accountId direction sentAt text
  author { id kind name avatarUrl email phone }
  content {
    __typename
    ... on TextContent { text }
    ... on MediaContent { text attachments { id } }
    ... on ActionListContent { title viewType showItemIcons items { __typename ... on LinkAction { label url target } ... on QuickReplyAction { label message } } }
    ... on SystemContent { event text }
  }
  attachments {
    id fileName mimeType byteSize url
    media { __typename ... on ImageMedia { width height previewUrl } ... on VideoMedia { width height } ... on AudioMedia { isVoiceMessage } ... on FileMedia { previewUrl } }
    providerDetails { __typename ... on PactAttachment { externalId aspectRatio } ... on LetstalkAttachment { remoteId } ... on PigeonsAttachment { raw } }
  }
  reactions { emoji createdAt author { name } providerDetails { __typename ... on PigeonsReaction { userUuid } } }
  replyTo { externalId }
  delivery { id state evidence asOf sentAt deliveredAt readAt failureReason message { externalId } }
  providerDetails {
    __typename
    ... on PactMessage { channelId channelType messengerId }
    ... on LetstalkMessage { remoteId internal subject contentType repliedAt }
    ... on PigeonsMessage { contextType receiver { name } device { type os osVersion appVersion model } metadata }
  }
`;
const CONVERSATION = `
  id accountId externalId title state createdAt lastActivityAt lastMessageText unreadCount
  account { id provider }
  participants { kind name phone email }
  capabilities { sendText maxTextLength maxAttachmentsPerMessage textWithAttachment attachmentMimeTypes }
  providerDetails {
    __typename
    ... on PactConversation { channelId channelType senderExternalId avatarUrl lastInboundMessageAt meta repliedState isGroup }
    ... on LetstalkConversation { typeName clientName clientAvatarUrl }
    ... on PigeonsConversation { taggableType taggableId taggableTitle updatedAt }
  }
`;
const READ = `query ($accountId: ID!, $externalId: String!, $first: Int) {
  conversationByExternalId(accountId: $accountId, externalId: $externalId) {
    ${CONVERSATION}
    messages(first: $first) { nodes { ${MESSAGE} } }
  }
}`;

describe('reading', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({
      accounts: (sandbox) => {
        const [pact, letstalk, pigeons] = sandboxAccounts(sandbox) as [any, any, any];
        const { token: _own, ...callers } = pigeons;
        return [
          pact,
          letstalk,
          pigeons,
          { ...letstalk, id: 'visitor', apiKey: sandbox.letstalk.clientKey, role: 'client' },
          { ...callers, id: 'callers', tokenHeader: 'x-pigeons-token' },
          { ...pigeons, id: 'named', userUuid: sandbox.pigeons.users[1]!.uuid },
        ];
      },
    });
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  const conversation = async (accountId: string, externalId: string | number, first = 50) =>
    (await harness.data(READ, { accountId, externalId: String(externalId), first })).conversationByExternalId;

  it('gives the documented message of Pact', async () => {
    const { messages, ...facts } = await conversation('sales', wellKnown.pact.documented);

    expect(facts).toMatchObject({
      accountId: 'sales',
      externalId: '8741',
      account: { id: 'sales', provider: 'PACT' },
      state: null,
      unreadCount: null,
      lastMessageText: null,
      providerDetails: {
        ...{ __typename: 'PactConversation', channelType: 'whatsapp', channelId: '381' },
        // Version 1 says neither.
        ...{ repliedState: null, isGroup: null },
      },
    });
    expect(messages.nodes[0]).toMatchObject({
      externalId: '47098',
      conversationExternalId: '8741',
      direction: 'OUTBOUND',
      author: null,
      text: 'Hello',
      content: { __typename: 'TextContent', text: 'Hello' },
      attachments: [],
      reactions: [],
      delivery: null,
      sentAt: '2017-09-17T12:44:28.000Z',
      replyTo: null,
      providerDetails: {
        ...{ __typename: 'PactMessage', channelId: '381', channelType: 'whatsapp' },
        messengerId: null,
      },
    });
  });

  it('gives the documented message of Letstalk', async () => {
    const { messages, ...facts } = await conversation('support', wellKnown.letstalk.documented, 200);

    expect(facts).toMatchObject({
      title: 'hola',
      state: 'OPEN',
      participants: null,
      createdAt: null,
      providerDetails: {
        __typename: 'LetstalkConversation',
        typeName: 'normal',
        clientName: 'Andrew Wiggin',
      },
    });
    expect(messages.nodes.find((node: any) => node.externalId === '32506061')).toMatchObject({
      direction: 'INBOUND',
      author: { kind: 'CUSTOMER', name: 'Andrew Wiggin', email: 'andrew.wiggin@letsta.lk' },
      text: 'kk',
      sentAt: '2019-10-04T19:04:32.000Z',
      providerDetails: {
        remoteId: 'ef55489a-cb1f-4bc4-8f91-23d201865670',
        internal: false,
        contentType: 'text/plain',
        repliedAt: '2019-10-04T19:04:32.000Z',
      },
    });
  });

  it('gives the documented message of Pigeons', async () => {
    const { messages, ...facts } = await conversation('app', wellKnown.pigeons.documented);

    expect(facts).toMatchObject({
      title: 'Article Title',
      state: 'OPEN',
      participants: [{ kind: 'USER' }, { kind: 'USER', name: 'John Doe' }],
      unreadCount: expect.any(Number),
      capabilities: { maxTextLength: 5000, textWithAttachment: 'REQUIRED' },
      providerDetails: {
        taggableType: 'App\\Models\\Article',
        taggableId: '123',
        taggableTitle: 'Article Title',
      },
    });
    expect(messages.nodes[0]).toMatchObject({
      externalId: 'msg_123456789',
      direction: 'INBOUND',
      author: { kind: 'USER', name: 'John Doe' },
      text: 'Hello, how are you?',
      reactions: [
        {
          emoji: '👍',
          createdAt: '2025-11-02T10:35:00.000Z',
          providerDetails: {
            __typename: 'PigeonsReaction',
            userUuid: '770e8400-e29b-41d4-a716-446655440002',
          },
        },
      ],
      sentAt: '2025-11-02T10:30:00.000Z',
      delivery: {
        id: null,
        state: 'READ',
        evidence: 'HISTORY',
        deliveredAt: '2025-11-02T10:30:05.000Z',
        readAt: '2025-11-02T10:31:00.000Z',
        failureReason: null,
        message: { externalId: 'msg_123456789' },
      },
      providerDetails: {
        contextType: 'text',
        device: {
          type: 'mobile',
          os: 'Android',
          osVersion: '14',
          appVersion: '1.0.0',
          model: 'Samsung Galaxy S23',
        },
        metadata: null,
      },
    });
  });

  it('gives attachments as each provider gives them', async () => {
    const pact = await conversation('sales', wellKnown.pact.attachments);
    const kinds = tally(
      pact.messages.nodes.flatMap((node: any) => node.attachments.map((one: any) => one.media.__typename)),
    );
    expect(Object.keys(kinds).sort()).toEqual(['AudioMedia', 'FileMedia', 'ImageMedia', 'VideoMedia']);
    for (const { attachments, content } of pact.messages.nodes) {
      expect(content).toMatchObject({
        __typename: 'MediaContent',
        attachments: attachments.map(({ id }: any) => ({ id })),
      });
    }

    const letstalk = await conversation('support', wellKnown.letstalk.files);
    const files = letstalk.messages.nodes.filter((node: any) => node.attachments.length > 0);
    expect(files.length).toBeGreaterThan(5);
    for (const { attachments, text } of files) {
      expect(attachments).toEqual([
        expect.objectContaining({ fileName: null, url: null, byteSize: null, mimeType: expect.any(String) }),
      ]);
      expect(text).toBeNull();
    }

    const pigeons = await conversation('app', wellKnown.pigeons.attachments);
    expect(pigeons.messages.nodes.flatMap((node: any) => node.attachments)).toContainEqual(
      expect.objectContaining({
        fileName: 'clip.mp4',
        mimeType: 'video/mp4',
        media: expect.objectContaining({ __typename: 'VideoMedia' }),
      }),
    );
  });

  it('serves every address that it names', async () => {
    const urls = new Set<string>();
    for (const [account, id] of [
      ['sales', wellKnown.pact.attachments],
      ['app', wellKnown.pigeons.attachments],
    ] as const) {
      const { messages } = await conversation(account, id);
      for (const { url } of messages.nodes.flatMap((node: any) => node.attachments)) if (url) urls.add(url);
    }
    expect(urls.size).toBeGreaterThan(5);
    for (const url of urls) expect((await fetch(url)).status).toBe(200);
  });

  it.each<[string, (row: any) => void, boolean]>([
    ['an id that is no text', (row) => (row.external_id = '\ud800'), true],
    ['an id that has lost its digits', (row) => (row.external_id = 1e21), true],
    ['an id that leads elsewhere', (row) => (row.external_id = '../x'), true],
    [
      'a date before all dates',
      (row) => Object.assign(row, { created_at: '0000-01-01T00:00:00+14:00', created_at_timestamp: null }),
      true,
    ],
    ['a text that is none', (row) => (row.message = { not: 'a text' }), false],
    ['attachments that are none', (row) => (row.attachments = [null, 5, 'x']), false],
  ])(
    'loses a row with %s, or only its field, and not what stands beside it',
    async (_what, change, isLost) => {
      harness.sandbox.pact.failNext({
        body: (body: any) => {
          change(body.data.messages[0]);
          return body;
        },
      });
      const { messages } = (
        await harness.data(
          '{ conversationByExternalId(accountId: "sales", externalId: "8750") { messages(first: 5) { nodes { externalId sentAt text attachments { id } } } } }',
        )
      ).conversationByExternalId;

      const stored = harness.sandbox.pact.messages(8750).map((row) => String(row.external_id));
      // The next row makes up for one that is lost.
      expect(messages.nodes.map((node: any) => node.externalId)).toEqual(
        isLost ? stored.slice(1, 6) : stored.slice(0, 5),
      );
    },
  );

  it('loses what is nested too deeply to be written again', async () => {
    const meta: any = {};
    let inner = meta;
    for (let depth = 0; depth < 2_000; depth += 1) inner = inner.x = {};
    harness.sandbox.pact.failNext({
      body: (body: any) => ({ ...body, data: { conversation: { ...body.data.conversation, meta } } }),
    });
    const { conversationByExternalId } = await harness.data(
      '{ conversationByExternalId(accountId: "sales", externalId: "8750") { providerDetails { ... on PactConversation { channelType meta } } } }',
    );
    expect(conversationByExternalId.providerDetails).toEqual({ channelType: expect.any(String), meta: null });
  });

  it('finds each attachment again by its id', async () => {
    for (const [account, id] of [
      ['sales', wellKnown.pact.attachments],
      ['support', wellKnown.letstalk.files],
      ['app', wellKnown.pigeons.attachments],
    ] as const) {
      const { messages } = await conversation(account, id);
      const attachments = messages.nodes.flatMap((node: any) => node.attachments);
      expect(new Set(attachments.map((one: any) => one.id)).size).toBe(attachments.length);
      for (const attachment of attachments.slice(0, 8)) {
        const again = await harness.data(
          'query ($id: ID!) { attachment(id: $id) { id fileName mimeType byteSize url } }',
          { id: attachment.id },
        );
        const { id: sameId, fileName, mimeType, byteSize, url } = attachment;
        expect(again.attachment).toEqual({ id: sameId, fileName, mimeType, byteSize, url });
      }
    }
  });

  it('reads an action list from every shape that it comes in', async () => {
    const { messages } = await conversation('support', wellKnown.letstalk.actionLists);
    const lists = messages.nodes.filter((node: any) => node.content.__typename === 'ActionListContent');

    expect(lists.length).toBeGreaterThanOrEqual(8);
    for (const { text, content } of lists) {
      expect(text).toBe(content.title);
      expect(content.items.length).toBeGreaterThan(0);
    }
    const whole = lists.filter(
      ({ content }: any) =>
        content.items.map((item: any) => item.__typename).join() === 'LinkAction,QuickReplyAction',
    );
    expect(whole.length).toBeGreaterThanOrEqual(8);
    // What says that it is one and is not stays a text.
    expect(messages.nodes.some((node: any) => node.content.__typename === 'TextContent')).toBe(true);
  });

  it('tells the end of a conversation', async () => {
    const { state, messages } = await conversation('support', wellKnown.letstalk.closed, 200);

    expect(state).toBe('CLOSED');
    expect(messages.nodes.at(-1)).toMatchObject({
      direction: null,
      author: { kind: 'SYSTEM' },
      content: { __typename: 'SystemContent', event: 'CONVERSATION_CLOSED', text: 'closed' },
    });
  });

  it('keeps every character of a text', async () => {
    const stored = harness.sandbox.pact.messages(wellKnown.pact.specimens).map(({ message }) => message);
    const { messages } = await conversation('sales', wellKnown.pact.specimens);

    expect(messages.nodes.map((node: any) => node.text)).toEqual(stored);
    expect(stored.join('')).toMatch(/[\u0590-\u05ff].*[\u0600-\u06ff]|[\u0600-\u06ff]/s);
    expect(stored.join('')).toContain('\u200d');
  });

  it('shows internal notes to an agent', async () => {
    const { messages } = await conversation('support', wellKnown.letstalk.internalNotes, 200);
    expect(messages.nodes.filter((node: any) => node.providerDetails.internal)).not.toHaveLength(0);
  });

  it('never shows an internal note to a client: not in pages, by id, or as the newest message', async () => {
    const id = wellKnown.letstalk.internalNotes;
    harness.sandbox.letstalk.addMessage(id, { content: 'he is lying', internal: true });
    const stored = harness.sandbox.letstalk.messages(id);
    const visible = stored.filter((row) => !row.internal).map((row) => String(row.id));
    const hidden = stored.filter((row) => row.internal).map((row) => String(row.id));
    expect(hidden.length).toBeGreaterThan(1);

    for (const [argument, direction] of [
      ['first', 'after'],
      ['last', 'before'],
    ] as const) {
      let seen: string[] = [];
      let cursor: string | null = null;
      for (;;) {
        const data: any = await harness.data(
          `query ($id: String!, $cursor: String) { conversationByExternalId(accountId: "visitor", externalId: $id) {
             lastMessageText
             messages(${argument}: 2, ${direction}: $cursor) { nodes { externalId text } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
           } }`,
          { id: String(id), cursor },
        );
        const { lastMessageText, messages } = data.conversationByExternalId;
        expect(lastMessageText).not.toBe('he is lying');
        const ids = messages.nodes.map((node: any) => node.externalId);
        const { pageInfo } = messages;
        seen = argument === 'first' ? [...seen, ...ids] : [...ids, ...seen];
        if (!(argument === 'first' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) break;
        cursor = argument === 'first' ? pageInfo.endCursor : pageInfo.startCursor;
      }
      expect(seen).toEqual(visible);
    }

    const { _entities } = await harness.data(
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Message { text } } }',
      {
        of: hidden.map((externalId) => ({
          __typename: 'Message',
          accountId: 'visitor',
          conversationExternalId: String(id),
          externalId,
        })),
      },
    );
    expect(_entities).toEqual(hidden.map(() => null));
  });

  it.each(['true', 1, 'yes', {}])(
    'takes %j for an internal note: one that leaks can not be taken back',
    async (internal) => {
      const id = wellKnown.letstalk.internalNotes;
      harness.sandbox.letstalk.failNext(
        { body: (body: any) => body.map((row: any) => (row.internal ? { ...row, internal } : row)) },
        { times: Infinity },
      );
      const { messages } = await conversation('visitor', id, 200);
      const notes = harness.sandbox.letstalk.messages(id).filter((row) => row.internal);
      expect(notes.length).toBeGreaterThan(0);
      const ids = messages.nodes.map((node: any) => node.externalId);
      for (const note of notes) expect(ids).not.toContain(String(note.id));
    },
  );

  it('says so when nothing that a client may see is within reach', async () => {
    const id = String(wellKnown.letstalk.long);
    harness.sandbox.letstalk.failNext(
      { body: (body: any) => body.map((row: any) => ({ ...row, internal: true })) },
      { times: Infinity },
    );
    const { data, errors } = await harness.query(
      `{ conversationByExternalId(accountId: "visitor", externalId: "${id}") { externalId messages(last: 5) { nodes { id } } } }`,
    );
    const { length } = harness.sandbox.letstalk.requests;
    expect(data.conversationByExternalId).toEqual({ externalId: id, messages: null });
    expect(errors).toMatchObject([{ extensions: { code: 'CURSOR_UNREACHABLE', accountId: 'visitor' } }]);
    expect(length).toBe(20);

    const again = await harness.data(
      `{ conversationByExternalId(accountId: "visitor", externalId: "${id}") { externalId title } }`,
    );
    expect(again.conversationByExternalId).toEqual({ externalId: id, title: null });
  });

  it('sees directions from the side that the key belongs to', async () => {
    const asAgent = await conversation('support', wellKnown.letstalk.documented);
    const asClient = await conversation('visitor', wellKnown.letstalk.documented);
    const byClient = (result: any) =>
      result.messages.nodes.find((node: any) => node.author?.kind === 'CUSTOMER').direction;

    expect(byClient(asAgent)).toBe('INBOUND');
    expect(byClient(asClient)).toBe('OUTBOUND');
  });

  it('knows an empty conversation from one that does not exist', async () => {
    expect((await conversation('support', wellKnown.letstalk.empty)).messages.nodes).toEqual([]);
    expect(await conversation('support', 999_999_999)).toBeNull();
  });

  it("reads with the caller's own token where an account says so, and passes their language on", async () => {
    const [ana, john] = harness.sandbox.pigeons.users;
    const list =
      '{ account(id: "callers") { conversations(first: 200) { nodes { id } sources { answered error { code message } } } } }';
    const as = async (headers: Record<string, string>) =>
      (await harness.query(list, { headers })).data.account.conversations;

    const asAna = await as({ 'x-pigeons-token': ana!.token, 'accept-language': 'pt-BR' });
    expect(harness.sandbox.pigeons.requests.at(-1)?.headers['accept-language']).toBe('pt-BR');
    const asJohn = await as({ 'x-pigeons-token': john!.token });
    expect(asAna.nodes.length).toBeGreaterThan(asJohn.nodes.length);
    expect(asJohn.nodes.length).toBeGreaterThan(0);

    harness.sandbox.pigeons.clearRequests();
    const asNobody = await as({});
    expect(asNobody.nodes).toEqual([]);
    expect(asNobody.sources).toMatchObject([
      {
        answered: false,
        error: { code: 'UNAUTHENTICATED', message: expect.stringContaining('x-pigeons-token') },
      },
    ]);
    expect(harness.sandbox.pigeons.requests).toEqual([]);

    expect((await as({ 'x-pigeons-token': 'wrong' })).sources).toMatchObject([
      { error: { code: 'PROVIDER_UNAUTHENTICATED' } },
    ]);
    // A caller's mistake is not the account's.
    expect((await harness.data('{ account(id: "callers") { status } }')).account.status).toBe('OPERATIONAL');
  });

  it('knows who "I" am from the configuration, else from what all conversations have in common', async () => {
    const id = wellKnown.pigeons.documented;
    const directions = async (accountId: string) =>
      (await conversation(accountId, id)).messages.nodes.map((node: any) => node.direction);

    const configured = await directions('named');
    const inferred = await directions('app');
    expect(inferred).toContain('OUTBOUND');
    expect(configured).toEqual(
      inferred.map((direction: string) => (direction === 'INBOUND' ? 'OUTBOUND' : 'INBOUND')),
    );
  });

  it('reads a long history in both directions through the graph', async () => {
    const id = String(wellKnown.pact.long);
    const page = async (args: string) =>
      (
        await harness.data(
          `{ conversationByExternalId(accountId: "sales", externalId: "${id}") { messages(${args}) { nodes { externalId } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`,
        )
      ).conversationByExternalId.messages;
    const all = harness.sandbox.pact.messages(wellKnown.pact.long).map((row) => String(row.external_id));
    const ids = (messages: any) => messages.nodes.map((node: any) => node.externalId);

    const newest = await page('last: 200');
    expect(ids(newest)).toEqual(all.slice(-200));
    expect(newest.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false });

    const older = await page(`last: 50, before: "${newest.pageInfo.startCursor}"`);
    expect(ids(older)).toEqual(all.slice(-250, -200));
    expect(older.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: true });

    const turned = await page(`first: 10, after: "${older.edges[20].cursor}"`);
    expect(ids(turned)).toEqual(all.slice(-229, -219));
    expect(turned.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: true });
  });
});
