import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSandbox, wellKnown, type Sandbox } from '../../src/sandbox/index.ts';
import { ask, type Answer } from './ask.ts';

const ids = wellKnown.pact;

interface Page {
  readonly status: string;
  readonly data: {
    readonly conversations: readonly { readonly external_id: number; readonly avatar: string }[];
    readonly conversation: Record<string, unknown>;
    readonly messages: readonly {
      readonly external_id: number;
      readonly created_at: string;
      readonly message: string;
    }[];
    readonly next_page?: string | null;
  };
}

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const get = (path: string, company: number = ids.companyId): Promise<Answer> =>
  ask(`${sandbox.pact.url}/p1/companies/${company}/conversations${path}`, {
    'X-Private-Api-Token': sandbox.pact.token,
  });
const page = async (path: string): Promise<Page['data']> => ((await get(path)).body as Page).data;
const messageIds = (data: Page['data']): number[] => data.messages.map((row) => row.external_id);
const storedIds = (id: number): number[] => sandbox.pact.messages(id).map((row) => row.external_id);

async function walk(path: string, key: 'messages' | 'conversations'): Promise<number[]> {
  const found: number[] = [];
  let from = '';
  do {
    const data = await page(`${path}&from=${encodeURIComponent(from)}`);
    found.push(...data[key].map((row) => row.external_id));
    from = data.next_page ?? '';
  } while (from);
  return found;
}

describe('Pact emulator: who may ask', () => {
  it('answers 401 without the token header', async () => {
    const answer = await ask(`${sandbox.pact.url}/p1/companies/154/conversations`);
    expect(answer.status).toBe(401);
  });
  it('does not accept the token in the query string', async () => {
    const answer = await ask(
      `${sandbox.pact.url}/p1/companies/154/conversations?private_api_token=${sandbox.pact.token}`,
    );
    expect(answer.status).toBe(401);
  });
  it.each(['', '/8741', '/8741/messages'])('answers 404 for another company (%s)', async (path) => {
    expect((await get(path, 155)).status).toBe(404);
  });
  it('answers 404 as JSON for a route that it does not have', async () => {
    const answer = await get('/8741/nothing');
    expect(answer).toMatchObject({ status: 404, body: { status: 'error' } });
  });
});

describe('Pact emulator: conversations', () => {
  it('lists them in the documented envelope, by id ascending, 50 a page', async () => {
    const answer = await get('');
    expect(answer.body).toMatchObject({ status: 'ok' });
    const listed = (answer.body as Page).data.conversations.map((row) => row.external_id);
    expect(listed).toEqual([...listed].sort((a, b) => a - b));
    expect(listed).toHaveLength(Math.min(50, sandbox.pact.conversations().length));
  });
  it.each(['asc', 'desc'])('walks all of them once in pages (%s)', async (direction) => {
    const stored = sandbox.pact.conversations().map((row) => row.external_id);
    const walked = await walk(`?per=7&sort_direction=${direction}`, 'conversations');
    expect(walked).toEqual(direction === 'asc' ? stored : stored.toReversed());
  });
  it('answers one conversation, and 404 for one that does not exist', async () => {
    const data = await page(`/${ids.documented}`);
    expect(data.conversation).toEqual(sandbox.pact.conversations()[0]);
    expect((await get('/1')).status).toBe(404);
    expect((await get('/abc')).status).toBe(404);
  });
  it('has absolute and site-relative avatars, both of which it serves', async () => {
    const avatars = new Set((await page('?per=100')).conversations.map((row) => row.avatar));
    expect(avatars).toContain('/avatars/original/missing.png');
    for (const avatar of avatars) {
      expect(await ask(new URL(avatar, sandbox.pact.url).href)).toMatchObject({
        status: 200,
        type: 'image/png',
      });
    }
  });
  it('has the newer fields on some rows only', () => {
    const withField = sandbox.pact.conversations().filter((row) => 'last_message_at' in row);
    expect(withField.length).toBeGreaterThan(0);
    expect(withField.length).toBeLessThan(sandbox.pact.conversations().length);
  });
});

describe('Pact emulator: messages', () => {
  it('starts the documented conversation with the documented message', async () => {
    expect((await page(`/${ids.documented}/messages?per=1`)).messages).toEqual([
      {
        external_id: 47098,
        channel_id: 381,
        channel_type: 'whatsapp',
        message: 'Hello',
        income: false,
        created_at: '2017-09-17T12:44:28.000Z',
        attachments: [],
      },
    ]);
  });
  it.each([
    ['asc', ids.long, 100],
    ['desc', ids.long, 33],
    ['asc', ids.sameTime, 5],
    ['desc', ids.sameTime, 5],
    ['asc', ids.imported, 7],
    ['desc', ids.imported, 10],
  ])(
    'walks every message once by created_at (%s, conversation %i, %i a page)',
    async (direction, id, per) => {
      const walked = await walk(`/${id}/messages?per=${per}&sort_direction=${direction}`, 'messages');
      expect(walked).toEqual(direction === 'asc' ? storedIds(id) : storedIds(id).toReversed());
    },
  );
  it('sorts by created_at, not by id', () => {
    const stored = storedIds(ids.imported);
    expect(stored).toEqual(stored.toSorted((a, b) => b - a));
  });
  it('answers 50 unless asked otherwise', async () => {
    expect((await page(`/${ids.long}/messages`)).messages).toHaveLength(50);
  });
  it('answers an empty list for an empty conversation and 404 for an unknown one', async () => {
    expect((await page(`/${ids.empty}/messages`)).messages).toEqual([]);
    expect((await get('/1/messages')).status).toBe(404);
  });
  it.each([
    'per=0',
    'per=101',
    'per=-1',
    'per=ten',
    'per=',
    'per=1.5',
    'sort_direction=up',
    'sort_direction=',
  ])('answers 400 for %s', async (query) => {
    expect((await get(`/${ids.long}/messages?${query}`)).status).toBe(400);
    expect((await get(`?${query}`)).status).toBe(400);
  });
  it('leaves created_at_timestamp out of some messages; where it is, it agrees with created_at', () => {
    const rows = sandbox.pact.messages(ids.long);
    const stamped = rows.filter((row) => row.created_at_timestamp !== undefined);
    expect(stamped.length).toBeGreaterThan(0);
    expect(stamped.length).toBeLessThan(rows.length);
    for (const row of stamped) expect(row.created_at_timestamp).toBe(Date.parse(row.created_at) / 1000);
  });
  it('serves every attachment under its URL, with the type and size that the row names', async () => {
    const attachments = sandbox.pact.messages(ids.attachments).flatMap((row) => row.attachments);
    const full = attachments.filter((row) => row.size !== undefined);
    expect(full.length).toBeGreaterThan(0);
    expect(full.length).toBeLessThan(attachments.length);
    for (const row of attachments) {
      const response = await fetch(row.attachment_url ?? '');
      expect(response.status).toBe(200);
      if (row.size === undefined) continue;
      expect(response.headers.get('content-type')).toBe(row.mime_type);
      expect((await response.arrayBuffer()).byteLength).toBe(row.size);
    }
  });
});

describe('Pact emulator: page tokens', () => {
  const list = `/${ids.long}/messages`;

  it('are opaque and at most 255 characters', async () => {
    const token = (await page(`${list}?per=10`)).next_page ?? '';
    expect(token).not.toBe('');
    expect(token.length).toBeLessThanOrEqual(255);
    expect(token).not.toMatch(/^\d+$/);
  });
  it.each(['', 'nonsense', 'a.b', '%00', '2'])('give the first page when unknown (%p)', async (from) => {
    const first = await page(`${list}?per=3`);
    expect(messageIds(await page(`${list}?per=3&from=${from}`))).toEqual(messageIds(first));
  });
  it('survive a change of per', async () => {
    const { next_page } = await page(`${list}?per=10`);
    const next = await page(`${list}?per=5&from=${next_page}`);
    expect(messageIds(next)).toEqual(storedIds(ids.long).slice(10, 15));
  });
  it('are unknown in the other direction and on another list', async () => {
    const { next_page } = await page(`${list}?per=10`);
    const turned = await page(`${list}?per=10&sort_direction=desc&from=${next_page}`);
    expect(messageIds(turned)).toEqual(storedIds(ids.long).toReversed().slice(0, 10));
    const other = await page(`/${ids.documented}/messages?per=1&from=${next_page}`);
    expect(messageIds(other)).toEqual([ids.documentedMessage]);
  });
  it('survive arrivals and deletions', async () => {
    const path = `${list}?per=10&sort_direction=desc`;
    const first = await page(path);
    sandbox.pact.addMessage(ids.long);
    sandbox.pact.deleteMessage(first.messages.at(-1)?.external_id ?? 0);
    const second = await page(`${path}&from=${first.next_page}`);
    expect(second.messages[0]?.message).toMatch(/^#1990 /);
  });
  it('count rows on request, and then arrivals shift the pages', async () => {
    sandbox.pact.offsetTokens(true);
    const path = `${list}?per=10&sort_direction=desc`;
    const first = await page(path);
    sandbox.pact.addMessage(ids.long);
    const second = await page(`${path}&from=${first.next_page}`);
    expect(messageIds(second)[0]).toBe(messageIds(first).at(-1));
  });
  it('end with an absent, a null and an empty next_page, depending on the list', async () => {
    const ends = await Promise.all(
      [8741, 8743, 8745].map(async (id) => {
        const data = await page(`/${id}/messages?per=100`);
        return 'next_page' in data ? data.next_page : 'absent';
      }),
    );
    expect(new Set(ends)).toEqual(new Set(['absent', null, '']));
  });
});

describe('Pact emulator: state', () => {
  it('gives what is added ids and times after the newest', async () => {
    const before = sandbox.pact.messages(ids.documented).at(-1);
    const added = sandbox.pact.addMessage(ids.documented, { message: 'новое' });
    expect(added.external_id).toBeGreaterThan(before?.external_id ?? Infinity);
    expect(Date.parse(added.created_at)).toBeGreaterThan(Date.parse(before?.created_at ?? ''));
    expect((await page(`/${ids.documented}/messages?per=1&sort_direction=desc`)).messages).toEqual([added]);
  });
  it('puts a message with a given time in its place', () => {
    const added = sandbox.pact.addMessage(ids.documented, { created_at: '2020-01-01T00:00:00.000Z' });
    expect(sandbox.pact.messages(ids.documented)[1]).toBe(added);
  });
  it('leaves out a field that is given as undefined', async () => {
    sandbox.pact.addMessage(ids.empty, { created_at_timestamp: undefined });
    expect((await page(`/${ids.empty}/messages`)).messages[0]).not.toHaveProperty('created_at_timestamp');
  });
  it('adds a conversation that can be read and written to', async () => {
    const added = sandbox.pact.addConversation({ name: 'ليلى', last_message_at: null });
    const message = sandbox.pact.addMessage(added.external_id);
    const { conversation } = await page(`/${added.external_id}`);
    expect(conversation).toMatchObject({ name: 'ليلى', last_message_at: message.created_at_timestamp });
  });
  it('deletes a message once', () => {
    expect(sandbox.pact.deleteMessage(ids.documentedMessage)).toBe(true);
    expect(sandbox.pact.deleteMessage(ids.documentedMessage)).toBe(false);
    expect(storedIds(ids.documented)).not.toContain(ids.documentedMessage);
  });
  it('refuses a message for a conversation that does not exist', () => {
    expect(() => sandbox.pact.addMessage(1)).toThrow(RangeError);
  });
  it('is the seed again after reset', () => {
    sandbox.pact.deleteMessage(ids.documentedMessage);
    sandbox.pact.addConversation();
    const count = sandbox.pact.conversations().length;
    sandbox.reset();
    expect(sandbox.pact.conversations()).toHaveLength(count - 1);
    expect(storedIds(ids.documented)).toContain(ids.documentedMessage);
  });
});
