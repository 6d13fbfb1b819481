import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Harness } from '../harness.ts';
import { EACH_FAULT_BY_ITSELF } from '../openSandboxAccounts.ts';
import { startHarness, tally } from '../harness.ts';
import { sandboxAccounts } from '../../src/accounts.ts';

const PAGE = `
  nodes { id accountId externalId createdAt }
  edges { cursor node { id } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  sources { account { id } answered error { code retryable retryAfter } }
`;
const CONVERSATIONS = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: ConversationFilter) {
  conversations(first: $first, after: $after, last: $last, before: $before, filter: $filter) { ${PAGE} }
}`;

describe('the merged list of conversations', () => {
  let harness: Harness;
  /** All of them as `accountId externalId`, newest created first. */
  let all: string[];

  beforeAll(async () => {
    harness = await startHarness({
      callLimits: EACH_FAULT_BY_ITSELF,
      // Two accounts of one provider are normal.
      accounts: (sandbox) => [
        ...sandboxAccounts(sandbox),
        { ...sandboxAccounts(sandbox)[0]!, id: 'sales-2', name: 'Sales again' },
      ],
    });
    const pact = harness.sandbox.pact
      .conversations()
      .map((row) => ['sales', String(row.external_id), row.created_at]);
    const pigeons = harness.sandbox.pigeons
      .conversations()
      .filter((row) => row.participants.some(({ uuid }) => uuid === harness.sandbox.pigeons.user.uuid))
      .map((row) => ['app', row.uuid, new Date(row.created_at).toISOString()]);
    const second = pact.map(([, id, at]) => ['sales-2', id, at]);
    all = [...pact, ...pigeons, ...second]
      .toSorted(([, , a], [, , b]) => (a! < b! ? 1 : a! > b! ? -1 : 0))
      .map(([account, id]) => `${account} ${id}`);
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
    harness.takeCalls();
  });

  const page = async (variables: Record<string, unknown> = {}) =>
    (await harness.data(CONVERSATIONS, variables)).conversations;
  const names = (nodes: readonly { accountId: string; externalId: string }[]) =>
    nodes.map(({ accountId, externalId }) => `${accountId} ${externalId}`);

  async function walk(direction: 'forward' | 'backward', sizes: readonly number[], variables: object = {}) {
    let seen: string[] = [];
    let cursor: string | null = null;
    for (let count = 0; count < 500; count += 1) {
      const size = sizes[count % sizes.length];
      const args = direction === 'forward' ? { first: size, after: cursor } : { last: size, before: cursor };
      const { nodes, pageInfo } = await page({ ...args, ...variables });
      seen = direction === 'forward' ? [...seen, ...names(nodes)] : [...names(nodes), ...seen];
      if (!(direction === 'forward' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return seen;
      cursor = direction === 'forward' ? pageInfo.endCursor : pageInfo.startCursor;
    }
    throw new Error('the walk does not end');
  }

  it('shows the newest created first, over all accounts that can list, 20 by default', async () => {
    const { nodes, pageInfo, sources } = await page();

    expect(nodes.map((node: any) => node.createdAt)).toEqual(
      nodes
        .map((node: any) => node.createdAt)
        .toSorted()
        .reverse(),
    );
    expect(new Set(names(nodes))).toEqual(new Set(all.slice(0, 20)));
    expect(pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    expect(sources.map((source: any) => [source.account.id, source.answered])).toEqual([
      ['sales', true],
      ['app', true],
      ['sales-2', true],
    ]);
    expect(tally(harness.takeCalls())).toEqual({ 'pact conversations': 2, 'pigeons conversations': 1 });
  });

  it.each([[[1]], [[2, 3, 5]], [[7]], [[50, 1, 200]]])(
    'loses and repeats nothing in pages of %j, walked forward',
    async (sizes) => {
      const walked = await walk('forward', sizes);
      expect(walked).toHaveLength(all.length);
      expect(new Set(walked)).toEqual(new Set(all));
    },
  );

  it.each([[[3]], [[50, 1, 200]]])('has the same order in pages of %j, walked backward', async (sizes) => {
    expect(await walk('backward', sizes)).toEqual(await walk('forward', [100]));
  });

  it('goes on in both directions from any edge', async () => {
    const order = await walk('forward', [200]);
    const first = await page({ first: 60 });
    for (const at of [0, 1, 17, 30, 58, 59]) {
      const { cursor } = first.edges[at];
      expect(names((await page({ first: 7, after: cursor })).nodes)).toEqual(order.slice(at + 1, at + 8));
      expect(names((await page({ last: 7, before: cursor })).nodes)).toEqual(
        order.slice(Math.max(0, at - 7), at),
      );
    }
    const last = await page({ last: 40 });
    for (const at of [0, 1, 20, 39]) {
      const { cursor } = last.edges[at];
      const place = order.length - 40 + at;
      expect(names((await page({ first: 7, after: cursor })).nodes)).toEqual(
        order.slice(place + 1, place + 8),
      );
      expect(names((await page({ last: 7, before: cursor })).nodes)).toEqual(order.slice(place - 7, place));
    }
  });

  it('loses and repeats nothing while conversations are created', async () => {
    let cursor: string | null = null;
    const seen: string[] = [];
    for (;;) {
      const { nodes, pageInfo } = await page({ first: 9, after: cursor });
      seen.push(...names(nodes));
      if (!pageInfo.hasNextPage) break;
      cursor = pageInfo.endCursor;
      harness.sandbox.pact.addConversation();
      harness.sandbox.pigeons.addConversation();
    }
    expect(seen.toSorted()).toEqual(all.toSorted());
  });

  it('shows only the accounts, providers and states that the filter names', async () => {
    const accounts = async (filter: object) =>
      [...new Set((await page({ first: 200, filter })).nodes.map((node: any) => node.accountId))].sort();

    expect(await accounts({ accountIds: ['sales-2'] })).toEqual(['sales-2']);
    expect(await accounts({ providers: ['PACT'] })).toEqual(['sales', 'sales-2']);
    expect(await accounts({ providers: ['PACT'], accountIds: ['sales', 'app'] })).toEqual(['sales']);
    expect(await accounts({ accountIds: [] })).toEqual([]);
    expect(await accounts({ states: ['ARCHIVED'] })).toEqual(['app']);
  });

  it('shows conversations of the states asked for, from accounts whose provider says states', async () => {
    const { nodes, sources } = (
      await harness.data(
        '{ conversations(filter: { states: [ARCHIVED] }) { nodes { state } sources { account { id } } } }',
      )
    ).conversations;

    expect(nodes).toEqual([{ state: 'ARCHIVED' }]);
    expect(sources).toEqual([{ account: { id: 'app' } }]);
  });

  it('leaves out an account that can not list, and says so when the filter names it', async () => {
    expect((await page()).sources.map((source: any) => source.account.id)).not.toContain('support');

    const { nodes, sources } = await page({ filter: { accountIds: ['support'] } });
    expect(nodes).toEqual([]);
    expect(sources).toEqual([
      {
        account: { id: 'support' },
        answered: false,
        error: { code: 'UNSUPPORTED', retryable: false, retryAfter: null },
      },
    ]);
    expect(
      (
        await harness.data(
          '{ account(id: "support") { capabilities { listConversations } conversations { sources { error { code } } } } }',
        )
      ).account,
    ).toEqual({
      capabilities: { listConversations: false },
      conversations: { sources: [{ error: { code: 'UNSUPPORTED' } }] },
    });
  });

  it('says for a named account that its provider knows no states', async () => {
    const { sources } = await page({ filter: { accountIds: ['sales'], states: ['OPEN'] } });

    expect(sources).toEqual([
      expect.objectContaining({ answered: false, error: expect.objectContaining({ code: 'UNSUPPORTED' }) }),
    ]);
    expect(harness.takeCalls()).toEqual([]);
  });

  it('keeps the place of a provider that is down, and shows its rows when it is back', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let count = 0; count < 100; count += 1) {
      harness.sandbox.pigeons.clearFaults();
      if (count % 2 === 0) harness.sandbox.pigeons.failNext(500, { times: 3 });
      const { nodes, pageInfo, sources } = await page({ first: 13, after: cursor });
      seen.push(...names(nodes));
      expect(sources.find((source: any) => source.account.id === 'app').answered).toBe(count % 2 === 1);
      // While a provider may still come back, there may be more.
      if (!pageInfo.hasNextPage) break;
      cursor = pageInfo.endCursor;
    }
    expect(seen.toSorted()).toEqual(all.toSorted());
  });

  it('has nothing more to come from a provider that refuses, and so ends', async () => {
    harness.sandbox.pact.failNext(403, { times: Infinity });
    const { pageInfo } = await page({ first: 200 });
    expect(pageInfo.hasNextPage).toBe(false);
  });

  it('keeps the cursor that an empty page was asked from', async () => {
    const { pageInfo } = await page({ last: 1 });
    const empty = await page({ first: 5, after: pageInfo.endCursor });
    expect(empty.nodes).toEqual([]);
    expect(empty.pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: true,
      startCursor: pageInfo.endCursor,
      endCursor: pageInfo.endCursor,
    });
  });

  it('is the same list under an account', async () => {
    const { account } = await harness.data(`{ account(id: "app") { conversations(first: 5) { ${PAGE} } } }`);
    expect(names(account.conversations.nodes)).toEqual(
      all.filter((name) => name.startsWith('app ')).slice(0, 5),
    );
    expect(account.conversations.sources).toEqual([{ account: { id: 'app' }, answered: true, error: null }]);
  });
});
