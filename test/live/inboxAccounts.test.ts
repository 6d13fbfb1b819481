import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';

const SOURCES = `query Sources($filter: InboxFilter) {
  inbox(filter: $filter) { sources { account { id } completeness asOf } }
}`;

describe('the accounts of the inbox', () => {
  let parley: Harness;
  beforeAll(async () => {
    parley = await startHarness();
  });
  afterAll(() => parley.close());

  it('are all of them, also those that can not list conversations: what is heard of those is in it', async () => {
    const { inbox } = await parley.data(SOURCES);
    expect(inbox.sources.map(({ account }: any) => account.id)).toEqual(['sales', 'support', 'app']);
    expect(inbox.sources[1]).toEqual({ account: { id: 'support' }, completeness: 'PARTIAL', asOf: null });
  });

  it.each([
    [{ accountIds: ['app', 'support'] }, ['support', 'app']],
    [{ providers: ['LETSTALK'] }, ['support']],
    [{ accountIds: ['app'], providers: ['LETSTALK'] }, []],
    [{ accountIds: [] }, []],
  ])('are those that %j leaves', async (filter, ids) => {
    const { inbox } = await parley.data(SOURCES, { filter });
    expect(inbox.sources.map(({ account }: any) => account.id)).toEqual(ids);
  });
});
