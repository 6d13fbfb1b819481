import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auditServer } from 'graphql-http';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';

/** What the audit remarks, and why it stays so. docs/graphql-over-http.md explains it to those who ask. */
const STATUS_400 =
  '400 where the audit would like 200: nothing has been run, and what stands between should see that';
const REMARKS: Readonly<Record<string, string>> = {
  '572B': STATUS_400,
  FDE2: STATUS_400,
  '7B9B': STATUS_400,
};

/** Remarks that are none when the header comes along that keeps other sites' pages from asking. */
const PLAIN_GET = 'a page of another site can make a browser send a plain GET';
const REMARKS_WITHOUT_HEADER: Readonly<Record<string, string>> = {
  ...REMARKS,
  '5A70': PLAIN_GET,
  '6A70': PLAIN_GET,
  D6D5: PLAIN_GET,
};

describe("graphql-http's audit", () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  /** What is not as the audit would like it, by its id. */
  async function audit(headers: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const results = await auditServer({
      url: `${harness.url}/graphql`,
      fetchFn: (url: string, init: RequestInit = {}) =>
        fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers } }),
    });
    expect(results.length).toBeGreaterThan(50);
    return Object.fromEntries(
      results.filter(({ status }) => status !== 'ok').map(({ id, status }) => [id, status]),
    );
  }

  it('finds no error, and remarks nothing but what is known', async () => {
    const found = await audit({});
    expect(Object.values(found)).not.toContain('error');
    expect(Object.keys(found).sort()).toEqual(Object.keys(REMARKS_WITHOUT_HEADER).sort());
  });

  it('takes GET for answered once the header is there that Parley wants with it', async () => {
    const found = await audit({ 'apollo-require-preflight': 'true' });
    expect(Object.keys(found).sort()).toEqual(Object.keys(REMARKS).sort());
  });

  it('is explained in the documentation, remark by remark', () => {
    const explained = readFileSync(new URL('../../docs/graphql-over-http.md', import.meta.url), 'utf8')
      .split('\n')
      .flatMap((line) => /^\| `([0-9A-Z]{4})` +\|/.exec(line)?.[1] ?? []);
    expect(explained.sort()).toEqual(Object.keys(REMARKS_WITHOUT_HEADER).sort());
  });
});
