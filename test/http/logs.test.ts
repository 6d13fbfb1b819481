import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';

describe('the line of an operation', () => {
  let harness: Harness;
  let from = 0;
  beforeAll(async () => {
    harness = await startHarness({ environment: { MAX_COST: '30' } });
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
    from = harness.logged().length;
  });

  const lines = () =>
    harness
      .logged()
      .slice(from)
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, any>)
      .filter(({ msg }) => msg === 'operation');

  it('says what was asked for, by whom, and what it came to', async () => {
    await harness.query('query Inbox { conversations(first: 3) { nodes { id } } }');
    expect(lines()).toEqual([
      expect.objectContaining({
        level: 30,
        operation: 'Inbox',
        type: 'query',
        outcome: 'ok',
        viewer: createHash('sha256').update('everybody').digest('hex').slice(0, 16),
        cost: expect.any(Number),
        upstreamCalls: 2,
        milliseconds: expect.any(Number),
        codes: [],
      }),
    ]);
  });

  it('has the codes of its errors, each once', async () => {
    harness.sandbox.pact.failNext(403, { times: 2 });
    await harness.query(`{
      a: conversationByExternalId(accountId: "sales", externalId: "8750") { title }
      b: conversationByExternalId(accountId: "sales", externalId: "8751") { title }
      c: message(id: "no id") { id }
    }`);
    expect(lines()).toMatchObject([{ outcome: 'errors', codes: ['BAD_USER_INPUT', 'PROVIDER_FORBIDDEN'] }]);
    expect(lines()[0]).not.toHaveProperty('operation');
  });

  it('has the codes that a write was refused with', async () => {
    const { conversationByExternalId } = await harness.data(
      '{ conversationByExternalId(accountId: "sales", externalId: "8741") { id } }',
    );
    from = harness.logged().length;
    await harness.query(
      `mutation Send($id: ID!) {
         sendMessage(input: { conversationId: $id, idempotencyKey: "k1" }) { userErrors { code } }
       }`,
      { variables: { id: conversationByExternalId.id } },
    );
    expect(lines()).toMatchObject([
      { operation: 'Send', type: 'mutation', outcome: 'ok', codes: ['NOTHING_TO_SEND'] },
    ]);
  });

  it.each([
    ['that does not parse', '{', ['GRAPHQL_PARSE_FAILED']],
    ['that does not fit the schema', '{ nothing }', ['GRAPHQL_VALIDATION_FAILED']],
    [
      'that costs too much',
      '{ conversations(first: 200) { nodes { messages(last: 1) { nodes { id } } } } }',
      ['OPERATION_TOO_COSTLY'],
    ],
  ])('is there for one %s', async (_what, document, codes) => {
    await harness.query(document);
    expect(lines()).toMatchObject([{ outcome: 'refused', upstreamCalls: 0, codes }]);
  });

  it('is there for one whose caller went away', async () => {
    const caller = new AbortController();
    const arrived = new Promise<void>((resolve) => {
      harness.sandbox.pact.failNext({ hang: true }, { match: () => (resolve(), true) });
    });
    const asking = fetch(`${harness.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: 'query Left { conversationByExternalId(accountId: "sales", externalId: "8750") { title } }',
      }),
      signal: caller.signal,
    });
    await arrived;
    caller.abort();
    await expect(asking).rejects.toThrow();
    while (lines().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(lines()).toMatchObject([{ operation: 'Left', outcome: 'errors', codes: ['CANCELLED'] }]);
  });
});
