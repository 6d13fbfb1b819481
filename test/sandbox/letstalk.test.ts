import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSandbox, wellKnown, type Sandbox } from '../../src/sandbox/index.ts';
import { ask, type Answer } from './ask.ts';

const ids = wellKnown.letstalk;

interface Row {
  readonly id: number;
  readonly content: unknown;
  readonly [field: string]: unknown;
}

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const basic = (credentials: string): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
});
const get = (path: string, key = sandbox.letstalk.agentKey): Promise<Answer> =>
  ask(`${sandbox.letstalk.url}/api/v1${path}`, basic(`${key}:X`));
const list = async (id: number, cursor = '', key?: string): Promise<readonly Row[]> =>
  (await get(`/messages?conversation_id=${id}${cursor}`, key)).body as Row[];
const before = (location: number, amount: number): string =>
  `&cursor[type]=some_before&cursor[location]=${location}&cursor[amount]=${amount}`;
const after = (location: number, amount: number): string =>
  `&cursor[type]=some_after&cursor[location]=${location}&cursor[amount]=${amount}`;
const idsOf = (rows: readonly { readonly id: number }[]): number[] => rows.map((row) => row.id);
const stored = (id: number): number[] => idsOf(sandbox.letstalk.messages(id));

describe('Letstalk emulator: who may ask', () => {
  it.each([
    '',
    'Bearer x',
    `Basic ${btoa('nobody:X')}`,
    `Basic ${btoa('letstalk-sandbox-agent-key:Y')}`,
    'Basic ***',
  ])('answers 401 for %p', async (header) => {
    const answer = await ask(
      `${sandbox.letstalk.url}/api/v1/messages?conversation_id=${ids.documented}`,
      header ? { Authorization: header } : {},
    );
    expect(answer.status).toBe(401);
  });
  it('lets the agent into every conversation and the client only into its own', async () => {
    const { agentKey, clientKey } = sandbox.letstalk;
    for (const path of [
      `/messages?conversation_id=${ids.ofAnotherClient}`,
      `/conversations/${ids.ofAnotherClient}/metadata`,
    ]) {
      expect((await get(path, agentKey)).status).toBe(200);
      expect((await get(path, clientKey)).status).toBe(403);
    }
    expect((await get(`/messages?conversation_id=${ids.documented}`, clientKey)).status).toBe(200);
  });
  it('answers 404 as JSON for a call that does not exist, such as a list of conversations', async () => {
    expect(await get('/conversations')).toMatchObject({ status: 404, body: { error: expect.any(String) } });
  });
});

describe('Letstalk emulator: messages', () => {
  it('answers the documented request as documented', async () => {
    const answer = await get(
      '/messages?conversation_id=1484305&cursor[type]=some_after&cursor[location]=32496705&page=1&cursor[amount]=2',
    );
    const avatar = `${sandbox.letstalk.url}/assets/default-avatar.gif`;
    const person = {
      id: 7089264,
      name: 'Andrew Wiggin',
      internal_name: null,
      avatar,
      type: 'Client',
      email: 'andrew.wiggin@letsta.lk',
      active: true,
      description: null,
      role: null,
      availability_status_name: null,
      status_name: null,
    };
    const common = {
      subject: null,
      type: 'NORMAL',
      content_type: 'text/plain',
      conversation_id: 1484305,
      internal: false,
      conversation_type_name: 'normal',
      conversation_internal_issue: 'hola',
      client_name: 'Andrew Wiggin',
      client_avatar: avatar,
      conversation_status: 'Open',
      person_type: 'Client',
      person_id: 7089264,
      person,
    };
    expect(answer.body).toEqual([
      {
        ...common,
        id: 32506061,
        content: 'kk',
        created_at: '2019-10-04T19:04:32.000+0000',
        replied_on: '2019-10-04T19:04:32.000+0000',
        remote_id: 'ef55489a-cb1f-4bc4-8f91-23d201865670',
      },
      {
        ...common,
        id: 32505934,
        content: 'sd',
        created_at: '2019-10-04T19:02:58.000+0000',
        replied_on: '2019-10-04T19:02:58.000+0000',
        remote_id: '6aa8e7f3-389f-4117-a303-c631b3c4f27f',
      },
    ]);
    expect((await ask(avatar)).type).toBe('image/gif');
  });
  it('answers a bare array, newest first: without a cursor the newest 20, with an amount so many', async () => {
    const newest = stored(ids.long).toReversed();
    expect(idsOf(await list(ids.long))).toEqual(newest.slice(0, 20));
    expect(idsOf(await list(ids.long, '&cursor[amount]=3'))).toEqual(newest.slice(0, 3));
  });
  it('reads a cursor whose brackets are percent-encoded', async () => {
    const rows = await list(ids.long, '&cursor%5Bamount%5D=3');
    expect(rows).toHaveLength(3);
  });
  it('gives those nearest before a location that is itself left out', async () => {
    const all = stored(ids.long);
    expect(idsOf(await list(ids.long, before(all[1000] ?? 0, 3)))).toEqual([all[999], all[998], all[997]]);
  });
  it('gives those nearest after a location that is itself left out, still newest first', async () => {
    const all = stored(ids.long);
    expect(idsOf(await list(ids.long, after(all[1000] ?? 0, 3)))).toEqual([all[1003], all[1002], all[1001]]);
  });
  it('gives the oldest page after location 0 and nothing before it', async () => {
    expect(idsOf(await list(ids.long, after(0, 2)))).toEqual(stored(ids.long).slice(0, 2).toReversed());
    expect(await list(ids.long, before(0, 2))).toEqual([]);
  });
  it('walks every message once, also those of the same second', async () => {
    const walked: number[] = [];
    for (let rows = await list(ids.sameTime, '&cursor[amount]=5'); rows.length > 0;) {
      walked.push(...idsOf(rows));
      rows = await list(ids.sameTime, before(rows.at(-1)?.id ?? 0, 5));
    }
    expect(walked).toEqual(stored(ids.sameTime).toReversed());
    expect(new Set(sandbox.letstalk.messages(ids.sameTime).map((row) => row.created_at)).size).toBe(1);
  });
  it('answers [] for an empty conversation and 404 for an unknown one', async () => {
    expect(await list(ids.empty)).toEqual([]);
    expect((await get('/messages?conversation_id=1')).status).toBe(404);
  });
  it.each([
    '',
    'conversation_id=',
    'conversation_id=abc',
    'conversation_id=1484305&cursor[amount]=0',
    'conversation_id=1484305&cursor[amount]=-1',
    'conversation_id=1484305&cursor[amount]=ten',
    'conversation_id=1484305&cursor[type]=some_around&cursor[location]=1',
    'conversation_id=1484305&cursor[type]=some_before',
    'conversation_id=1484305&cursor[location]=32496705',
    'conversation_id=1484305&cursor[type]=some_before&cursor[location]=x',
  ])('answers 400 for ?%s', async (query) => {
    expect((await get(`/messages?${query}`)).status).toBe(400);
  });
  it('returns internal notes to the client as well: hiding them is up to the caller', async () => {
    const rows = await list(ids.internalNotes, '&cursor[amount]=50', sandbox.letstalk.clientKey);
    expect(rows.filter((row) => row['internal'] === true).length).toBeGreaterThan(0);
  });
  it('closes a conversation with a system message that nobody wrote', async () => {
    const [last] = await list(ids.closed);
    expect(last).toMatchObject({
      type: 'SYSTEM',
      content: 'closed',
      person: null,
      conversation_status: 'Closed',
    });
  });
  it('gives a file message no URL: only the word attachment and a type', async () => {
    const rows = await list(ids.files);
    for (const row of rows) {
      expect(row.content).toBe('attachment');
      expect(Object.entries(row).filter(([key]) => /url|media|file/i.test(key))).toEqual([]);
    }
    expect(new Set(rows.map((row) => row['content_type'])).size).toBe(rows.length);
  });
  it('has actionable lists in every documented shape', () => {
    const shapes = sandbox.letstalk.messages(ids.actionLists).map(({ content_type, content }) => {
      const text = typeof content === 'string' ? content : JSON.stringify(content);
      const form = typeof content !== 'string' ? 'object' : /,\s*[}\]]/.test(content) ? 'sloppy' : 'strict';
      return `${content_type} ${form} ${text.includes('"payload"') ? 'wrapped' : 'flat'}`;
    });
    for (const type of ['actionable/list', 'application/json']) {
      for (const form of ['strict', 'sloppy', 'object']) {
        for (const items of ['wrapped', 'flat']) expect(shapes).toContain(`${type} ${form} ${items}`);
      }
    }
  });
});

describe('Letstalk emulator: metadata and clients', () => {
  it('answers the metadata as any object', async () => {
    expect((await get(`/conversations/${ids.documented}/metadata`)).body).toEqual({
      campaign: 'primavera',
      items: [1, 2],
    });
    expect((await get(`/conversations/${ids.empty}/metadata`)).body).toEqual({});
    expect((await get('/conversations/1/metadata')).status).toBe(404);
  });
  it('lets a client read itself and nobody else', async () => {
    const { clientKey, clientId, agentKey, agentId } = sandbox.letstalk;
    const answer = await get(`/clients/${clientId}`, clientKey);
    expect(answer.body).toMatchObject({
      id: clientId,
      name: 'Andrew Wiggin',
      client_key_values: expect.any(Array),
    });
    expect((await get('/clients/7', clientKey)).status).toBe(403);
    expect((await get(`/clients/${clientId}`, agentKey)).status).toBe(403);
    // Agent 7 and client 7 are two persons.
    expect((await get(`/clients/${agentId}`, agentKey)).status).toBe(403);
  });
  it('has a client and an agent with the same number and different names', () => {
    const people = sandbox.letstalk.messages(ids.ofAnotherClient).map((row) => row.person);
    const seven = people.filter((person) => person?.id === 7);
    expect(new Set(seven.map((person) => `${person?.type} ${person?.name}`)).size).toBe(2);
  });
});

describe('Letstalk emulator: state', () => {
  it('adds messages after the newest', async () => {
    const added = sandbox.letstalk.addMessage(ids.documented, { content: 'مرحبا' });
    expect(added.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$/);
    expect((await list(ids.documented, '&cursor[amount]=1'))[0]).toEqual(added);
  });
  it('marks every message of a conversation that gets closed', async () => {
    expect(
      sandbox.letstalk.addMessage(ids.second, { type: 'SYSTEM', content: 'closed' }).conversation_status,
    ).toBe('Closed');
    expect((await list(ids.second)).map((row) => row['conversation_status'])).not.toContain('Open');
  });
  it('adds a conversation with a client, a title and metadata', async () => {
    const { id } = sandbox.letstalk.addConversation({ issue: null, client_id: 7, metadata: { a: 1 } });
    sandbox.letstalk.addMessage(id, { person: null });
    expect((await list(id))[0]).toMatchObject({
      client_name: 'Petra Arkanian',
      person: null,
      conversation_internal_issue: null,
    });
    expect((await get(`/conversations/${id}/metadata`)).body).toEqual({ a: 1 });
  });
  it('refuses a message for a conversation that does not exist', () => {
    expect(() => sandbox.letstalk.addMessage(1)).toThrow(RangeError);
  });
});
