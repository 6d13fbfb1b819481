import { describe, expect, it } from '@jest/globals';
import type { Message, Outcome, Provider } from '../../src/messaging/provider.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import { PACT_V2 } from '../pactV2Account.ts';
import { openWriting } from './openWriting.ts';
import { operation } from './operation.ts';
import { accountsOf } from './writeSubjects.ts';

const { documented, long, empty, v2: seeded } = wellKnown.pact;
const LONG = String(long);
const DOCUMENTED = String(documented);

describe('reading from Pact v2, by its own ways', () => {
  const sandbox = openWriting(accountsOf);
  const pact = () => sandbox.sandbox().pact;
  const open = () => sandbox.provider(PACT_V2);
  const idOf = (outcome: Outcome<Message> | undefined) =>
    outcome instanceof Error ? outcome : (outcome?.externalId ?? null);
  const idsIn = (conversation: number) =>
    pact()
      .messages(conversation)
      .map(({ external_id }) => String(external_id));
  const calls = () => pact().requests.map(({ call }) => call);
  /** The documented conversation's messages, oldest first. */
  const documentedRows = async () => {
    const page = await open().loadMessages(DOCUMENTED, { direction: 'backward', size: 200 }, operation());
    return page.items.map(({ item }) => item);
  };
  const rowOf = async (id: number) =>
    (await documentedRows()).find(({ externalId }) => externalId === String(id))!;

  describe('a message', () => {
    it('is read by itself, however old it is', async () => {
      const [oldest] = idsIn(long);

      expect((await open().findMessages(LONG, [oldest!], operation())).map(idOf)).toEqual([oldest]);
      expect(calls()).toEqual(['v2Message']);
    });

    it('is looked for on a page together with others, and by itself where it is not there', async () => {
      const ids = idsIn(long);
      const asked = [ids[0]!, ids.at(-1)!, ids.at(-150)!];

      expect((await open().findMessages(LONG, asked, operation())).map(idOf)).toEqual(asked);
      expect(calls()).toEqual(['v2Messages', 'v2Message']);
    });

    it('that is old costs a page less than each of a hundred others beside it', async () => {
      const asked = idsIn(long).slice(-260, -160);

      expect((await open().findMessages(LONG, asked, operation())).map(idOf)).toEqual(asked);
      expect(calls()).toEqual(['v2Messages', 'v2Messages']);
    });

    it('costs no more than 20 calls with however many others, and says which were too many', async () => {
      const ids = idsIn(long);
      for (let more = 0; more < 1_500; more += 1) pact().addMessage(long);
      const asked = [...ids.slice(0, 30), '999999999999'];

      const found = await open().findMessages(LONG, asked, operation());

      expect(calls()).toHaveLength(20);
      for (const outcome of found) expect(outcome).toMatchObject({ code: 'MESSAGE_UNREACHABLE' });
    });

    it('is null where there is none, in a conversation that is there and in one that is not', async () => {
      expect(await open().findMessages(DOCUMENTED, ['1', 'x'], operation())).toEqual([null, null]);
      expect(await open().findMessages('999999', ['1'], operation())).toEqual([null]);
    });

    it('tells how far it has come, where it went out', async () => {
      const read = await rowOf(seeded.reacted);
      const failed = await rowOf(seeded.failed);

      const outbound = [read, failed].filter(({ direction }) => direction === 'OUTBOUND');
      expect(outbound).not.toEqual([]);
      expect(failed).toMatchObject({ delivery: { state: 'FAILED', evidence: 'HISTORY', sentAt: null } });
      expect(JSON.stringify(failed)).not.toContain(pact().v2.message(seeded.failed).details);
    });

    it.each<[unknown, unknown]>([
      [null, []],
      ['👍', []],
      [['👍', ''], [{ emoji: '👍', providerDetails: { kind: 'PactReaction', raw: null } }]],
      [
        [{ emoji: '👍', count: 1 }],
        [{ emoji: '👍', author: null, createdAt: null, providerDetails: { raw: { emoji: '👍', count: 1 } } }],
      ],
      [
        [{ reaction: '🎉' }, { name: 'no emoji' }, 7, null],
        [{ emoji: '🎉', providerDetails: { raw: { reaction: '🎉' } } }],
      ],
    ])('has the reactions of %j, whose shape is not documented', async (reactions, expected) => {
      pact().v2.setMessage(seeded.reacted, { reactions: reactions as readonly unknown[] });

      expect((await rowOf(seeded.reacted)).reactions).toMatchObject(expected as object[]);
      expect((await rowOf(seeded.reacted)).reactions).toHaveLength((expected as object[]).length);
    });

    it('that was deleted says so, and nothing else', async () => {
      pact().v2.setMessage(seeded.answered, { deleted: true });

      expect(await rowOf(seeded.answered)).toMatchObject({
        ...{ text: null, attachments: [], isDeleted: true },
      });
    });
  });

  describe('a message that is answered', () => {
    it('costs nothing where the operation has it already', async () => {
      const provider = open();
      const context = operation();
      await provider.loadMessages(DOCUMENTED, { direction: 'backward', size: 200 }, context);
      const { repliedTo } = await rowOf(seeded.reply);
      pact().clearRequests();

      const [answered] = await provider.loadReplied!(DOCUMENTED, [repliedTo!], context);

      expect(idOf(answered)).toBe(String(seeded.answered));
      expect(calls()).toEqual([]);
    });

    it('is sought from the newest back, with others, in the order in which they are asked for', async () => {
      const ids = idsIn(long).map(Number);
      const [older, newer] = [ids.at(-400)!, ids.at(-10)!];
      const names = [older, newer].map((id) => String(pact().v2.message(id).external_id));

      const found = await open().loadReplied!(LONG, [...names, 'nobody'], operation());

      expect(found.map(idOf)).toEqual([String(older), String(newer), null]);
      // 2,000 rows are fourteen pages: to say that one is not there takes all of them.
      expect(calls()).toEqual(new Array(14).fill('v2Messages'));
      pact().clearRequests();
      await open().loadReplied!(LONG, names, operation());
      expect(calls()).toHaveLength(3);
    });

    it('costs nothing where another one was sought beyond it by the same operation', async () => {
      const ids = idsIn(long);
      const [provider, context] = [open(), operation()];
      const nameOf = (id: string) => String(pact().v2.message(Number(id)).external_id);
      await provider.loadReplied!(LONG, [nameOf(ids.at(-400)!)], context);
      pact().clearRequests();

      const [answered] = await provider.loadReplied!(LONG, [nameOf(ids.at(-300)!)], context);

      expect(idOf(answered)).toBe(ids.at(-300));
      expect(calls()).toEqual([]);
    });

    it('is too far away past 20 calls', async () => {
      for (let more = 0; more < 1_500; more += 1) pact().addMessage(long);

      const [outcome] = await open().loadReplied!(LONG, ['nobody'], operation());

      expect(outcome).toMatchObject({ code: 'MESSAGE_UNREACHABLE' });
      expect(calls()).toHaveLength(20);
    });

    it('is no error where nothing is answered', async () => {
      expect(await rowOf(seeded.answered)).toMatchObject({ repliedTo: null });
    });
  });

  describe('a conversation', () => {
    it('stands in the states that v2 says', async () => {
      const { group, archived, blocked } = seeded;

      const found = await open().loadConversations([group, archived, blocked].map(String), operation());

      expect(found).toMatchObject([
        { state: 'OPEN', providerDetails: { isGroup: true } },
        { state: 'ARCHIVED', providerDetails: { isGroup: false } },
        { state: 'BLOCKED', providerDetails: { channelId: null, channelType: 'whatsapp', meta: null } },
      ]);
    });

    it('that is archived is found among all others, on a page that is not empty', async () => {
      const request = { direction: 'forward', size: 5, states: ['ARCHIVED'] } as const;

      const { items, hasMore } = await open().listConversations!(request, operation());

      expect(items.map(({ item }) => item.externalId)).toEqual([String(seeded.archived)]);
      if (hasMore) {
        const from = items[0]!.position;
        const rest = await open().listConversations!({ ...request, from }, operation());
        expect(rest).toMatchObject({ items: [], hasMore: false });
      }
    });

    it('goes to the top of the list when something happens in it, and none is lost or shown twice by that', async () => {
      const provider = open();
      const first = await provider.listConversations!({ direction: 'forward', size: 5 }, operation());
      const shown = first.items.map(({ item }) => item.externalId);
      const all = pact().conversations().map(({ external_id }) => String(external_id)); // prettier-ignore
      const other = all.find((id) => !shown.includes(id))!;
      pact().addMessage(Number(other), { created_at: new Date().toISOString() });

      const from = first.items.at(-1)!.position;
      const rest = await provider.listConversations!({ direction: 'forward', size: 200, from }, operation());
      const top = await provider.listConversations!({ direction: 'forward', size: 1 }, operation());

      expect(top.items[0]!.item.externalId).toBe(other);
      const restIds = rest.items.map(({ item }) => item.externalId);
      expect([...shown, ...restIds, other].toSorted()).toEqual(all.toSorted());
    });
  });

  describe('an answer', () => {
    const first = async () => {
      const page = await open().loadMessages(DOCUMENTED, { direction: 'backward', size: 3 }, operation());
      return page.items.map(({ item }) => item.externalId);
    };

    it('is read whichever way its list is sorted', async () => {
      pact().v2.order('asc');

      expect(await first()).toEqual(idsIn(documented).slice(-3));
    });

    it.each<[string, (body: any) => unknown]>([
      ['with rows that have a name', ({ data, ...rest }) => ({ ...rest, data: { messages: data } })],
      ['with meta beside them', ({ data, meta }) => ({ status: 'ok', data: { messages: data, meta } })],
      ['without an envelope', ({ data, meta }) => ({ messages: data, meta })],
      ['without a word of success', ({ data, meta }) => ({ data, meta })],
      ['with numbers that are texts', ({ data, meta }) => ({ data, meta: { ...meta, entries_count: String(meta.entries_count) } })], // prettier-ignore
      [
        'without what a page has',
        ({ data, meta }) => ({ data, meta: { entries_count: meta.entries_count } }),
      ],
    ])('is read %s as well', async (_what, change) => {
      pact().failNext({ body: change }, { call: 'v2Messages' });

      expect(await first()).toEqual(idsIn(documented).slice(-3));
    });

    it.each<[string, (body: any) => unknown, string]>([
      ['no rows', ({ meta }) => ({ status: 'ok', meta }), 'data'],
      ['no meta', ({ data }) => ({ status: 'ok', data }), 'meta'],
      ['no number of rows', ({ data }) => ({ data, meta: { page: 1 } }), 'meta.entries_count'],
      ['an error', () => ({ status: 'error', data: [], meta: { entries_count: 0 } }), 'status'],
    ])('that has %s is not what v2 documents', async (_what, change, path) => {
      pact().failNext({ body: change }, { times: Infinity });

      await expect(first()).rejects.toMatchObject({
        ...{ code: 'PROVIDER_CONTRACT', message: expect.stringMatching(`, at ${path}\\.$`) },
      });
    });

    it('with fewer rows a page than were asked for is gone on from all the same', async () => {
      const all = idsIn(long);
      const most = 7;
      // A server that gives seven at the most, and says so.
      pact().failNext(
        {
          body: ({ data, meta, ...rest }: any) => ({
            ...{ ...rest, data: data.slice(0, most) },
            meta: { ...meta, per_page: Math.min(meta.per_page, most) },
          }),
        },
        { call: 'v2Messages', times: 1 },
      );

      const page = await open().loadMessages(LONG, { direction: 'backward', size: 10 }, operation());

      expect(page.items.map(({ item }) => item.externalId)).toEqual(all.slice(-10));
    });
  });

  it('shows no message in another conversation than its own, whatever Pact answers', async () => {
    const change = ({ data, ...rest }: any) => ({ ...rest, data: { ...data, conversation_id: empty } });
    pact().failNext({ body: change }, { call: 'v2Message' });

    expect(await open().findMessages(DOCUMENTED, [String(seeded.answered)], operation())).toEqual([null]);
  });

  it.each<[string, (provider: Provider) => Promise<readonly unknown[]>]>([
    ['message', (provider) => provider.findMessages(DOCUMENTED, [String(seeded.answered)], operation())],
    ['conversation', (provider) => provider.loadConversations([DOCUMENTED], operation())],
  ])('takes no other %s for the one that was asked for', async (_what, read) => {
    const change = ({ data, ...rest }: any) => ({ ...rest, data: { ...data, id: 1 } });
    pact().failNext({ body: change });

    expect(await read(open())).toMatchObject([{ code: 'PROVIDER_CONTRACT' }]);
  });

  it('gives an empty page of an empty conversation', async () => {
    const page = await open().loadMessages(String(empty), { direction: 'forward', size: 1 }, operation());

    expect(page).toMatchObject({ items: [], hasMore: false });
  });
});
