import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { UploadRef } from '../../src/messaging/ids.ts';
import { parseDeliveryId, parseUploadId, uploadId } from '../../src/messaging/ids.ts';
import { SCOPES } from '../../src/messaging/viewer.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import type { Answer, Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { AUDIENCE, ISSUER, sign } from '../identity.ts';
import { formOf, PREFLIGHT, sha256, UPLOAD } from '../uploading.ts';
import type { Probe, Traces } from './isolationProbes.ts';
import { ofOneViewer, probes } from './isolationProbes.ts';
import type { Tenant } from './tenants.ts';
import { accountsOf, conversationOf, plant, PROVIDERS } from './tenants.ts';
import { PDF, SEND } from './writes.ts';

interface Caller {
  readonly accounts: readonly Tenant[];
  readonly scopes: readonly string[];
}

const SECRET = 'a secret of these tests, and of nobody else';

/** The id of an account that is not there. */
const ABSENT = 'nobody-pact';

describe('what a viewer may not use', () => {
  let harness: Harness;
  let other: Sandbox;
  let tenants: readonly Tenant[];
  const traces = new Map<Tenant, Traces>();

  beforeAll(async () => {
    other = await startSandbox();
    harness = await startHarness({
      environment: { AUTH: 'jwt', JWT_SECRET: SECRET, JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE },
      accounts: (sandbox) => [
        ...accountsOf(sandbox, 'acme', 'agent'),
        ...accountsOf(other, 'zeta', 'client'),
      ],
    });
    tenants = [...plant(harness.sandbox, 'acme', 'agent'), ...plant(other, 'zeta', 'client')];
    const all: Caller = { accounts: tenants, scopes: SCOPES };
    for (const tenant of tenants)
      traces.set(tenant, await leaveTraces(tenant, await tokenOf(all, 'somebody')));
  });
  afterAll(async () => {
    await other.close();
    await harness.close();
  });

  beforeEach(() => {
    for (const { emulator } of tenants) emulator.clearRequests();
  });

  // By their names, so that a failure can be read.
  const ids = ['acme', 'zeta'].flatMap((owner) => PROVIDERS.map((provider) => `${owner}-${provider}`));
  const callers = fc.record({
    accounts: fc.subarray(ids),
    // Mostly all of them: who may do nothing is refused before it comes to whose it is.
    scopes: fc.oneof(
      { weight: 2, arbitrary: fc.constant<string[]>([...SCOPES]) },
      { weight: 1, arbitrary: fc.subarray([...SCOPES, 'messages:delete']) },
    ),
  });
  const questions = fc.array(
    fc.record({ of: fc.constantFrom(...ids), what: fc.constantFrom(...probes.map(({ what }) => what)) }),
    { minLength: 4, maxLength: 16 },
  );
  // What chance may leave out: everything by one who may do all of it, and by one who may use nothing.
  const all = ids.flatMap((of) => probes.map(({ what }) => ({ of, what })));
  const everything = [ids, []].map((accounts): [{ accounts: string[]; scopes: string[] }, typeof all] => [
    { accounts, scopes: [...SCOPES] },
    all,
  ]);
  const tenantOf = (id: string) => tenants.find(({ account }) => account.id === id)!;

  it('comes back by no id, cursor or reference, is called by no mutation, and looks as if it were not there', async () => {
    const found = new Set<string>();
    const refused = new Set<string>();
    await fc.assert(
      fc.asyncProperty(callers, questions, async ({ accounts, scopes }, asked) => {
        const caller = { accounts: accounts.map(tenantOf), scopes };
        const token = await tokenOf(caller);
        for (const { of, what } of asked) {
          const tenant = tenantOf(of);
          const probe = probes.find((one) => one.what === what)!;
          const answer = await ask(probe, tenant, of, token);
          expectNothingForeign(caller, answer.text);

          if (!accounts.includes(of)) {
            // The same path as for what is not there: the same answer, and no call.
            const absent = await ask(probe, tenant, ABSENT, token);
            expectNothingForeign(caller, absent.text);
            expect(answer).toEqual(absent);
            refused.add(`${what} of ${of}`);
          } else if (probe.finds && scopes.includes('messages:read')) {
            expect(answer.text).toContain(tenant.canary);
            found.add(`${what} of ${of}`);
          }
        }
      }),
      { seed: 20261125, numRuns: 150, examples: everything },
    );
    // What is found by those who may, and refused to those who may not: all of it was asked.
    expect(refused.size).toBe(probes.length * tenants.length);
    expect(found.size).toBe(probes.filter(({ finds }) => finds).length * tenants.length);
  }, 60_000);

  it.each(ofOneViewer)('is $what of another viewer, on an account that both may use', async (probe) => {
    const token = await tokenOf({ accounts: tenants, scopes: SCOPES }, 'somebody else');
    const own = await tokenOf({ accounts: tenants, scopes: SCOPES }, 'somebody');
    for (const tenant of tenants) {
      const { text } = await ask(probe, tenant, tenant.account.id, token);
      expect(text).toBe((await ask(probe, tenant, ABSENT, token)).text);
      expect((await ask(probe, tenant, tenant.account.id, own)).text).not.toBe(text);
    }
  });

  it('is sent along with nothing: an upload of an account is no file for a conversation of another one', async () => {
    for (const tenant of tenants) {
      const own = tenants.find(
        ({ account }) => account.id !== tenant.account.id && account.provider === tenant.account.provider,
      )!;
      const token = await tokenOf({ accounts: [own], scopes: SCOPES }, 'somebody');
      const send = (upload: UploadRef) =>
        post(
          {
            query: SEND,
            variables: {
              input: {
                conversationId: conversationOf(own, own.account.id),
                attachmentIds: [uploadId(upload)],
                idempotencyKey: randomUUID(),
              },
            },
          },
          token,
        );
      const { upload } = traces.get(tenant)!;
      for (const { emulator } of tenants) emulator.clearRequests();
      const text = await (await send(upload)).text();
      expectNothingForeign({ accounts: [own], scopes: SCOPES }, text);
      expect(JSON.parse(text).data.sendMessage.userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
      expect(text).toBe(await (await send({ ...upload, uploadId: randomUUID() })).text());
    }
  });

  it('is reached by no cursor of its lists in a list that one may see', async () => {
    for (const tenant of tenants) {
      const caller = { accounts: tenants.filter((one) => one !== tenant), scopes: SCOPES };
      const token = await tokenOf(caller);
      const { messageCursor, listCursor } = traces.get(tenant)!;
      for (const own of caller.accounts) {
        const answers = await Promise.all([
          post(
            {
              query:
                'query ($id: ID!, $cursor: String) { conversation(id: $id) { messages(before: $cursor) { nodes { text } } } }',
              variables: { id: conversationOf(own, own.account.id), cursor: messageCursor },
            },
            token,
          ),
          post(
            {
              query:
                'query ($id: ID!, $cursor: String) { account(id: $id) { conversations(after: $cursor) { nodes { title } } } }',
              variables: { id: own.account.id, cursor: listCursor ?? messageCursor },
            },
            token,
          ),
        ]);
        for (const answer of answers) {
          const text = await answer.text();
          expect(text).toContain('BAD_USER_INPUT');
          expectNothingForeign(caller, text);
        }
      }
    }
  });

  it('is, of a staged file, nothing but its address: whoever knows it reads it, and nobody finds it', async () => {
    const tenant = tenants.find(({ account }) => account.provider === 'pigeons')!;
    const token = await tokenOf({ accounts: [tenant], scopes: SCOPES });
    const uploaded = await ask(
      probes.find(({ document }) => document === UPLOAD)!,
      tenant,
      tenant.account.id,
      token,
    );
    const { url } = JSON.parse(uploaded.text).data.uploadAttachment.attachment as { url: string };
    const [, key] = /\/files\/([^/]+)\//.exec(url)!;

    const file = await fetch(url);
    expect(file.status).toBe(200);
    expect(sha256(new Uint8Array(await file.arrayBuffer()))).toBe(sha256(PDF.bytes));
    // 128 random bits and more.
    expect(Buffer.from(key!, 'base64url').length).toBeGreaterThanOrEqual(16);
    expect(key).not.toContain(tenant.account.id);

    const last = key!.endsWith('0') ? '1' : '0';
    const texts = new Set<string>();
    for (const wrong of [
      `${key!.slice(0, -1)}${last}`,
      key!.slice(0, -1),
      `${key}0`,
      '',
      '..',
      '%2e%2e%2f',
      '*',
    ]) {
      const answer = await fetch(`${harness.url}/files/${wrong}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(answer.status).toBe(404);
      texts.add(JSON.stringify(await answer.json()));
    }
    expect([...texts].filter((text) => text.includes(key!))).toEqual([]);
  });

  /** Fails where a viewer has got anything of an account that is not theirs, or has made a call to one. */
  function expectNothingForeign({ accounts }: Caller, text: string): void {
    const words = decoded(text);
    for (const tenant of tenants.filter((one) => !accounts.includes(one))) {
      for (const mark of [tenant.canary, tenant.account.id, tenant.conversation, tenant.message])
        if (words.includes(mark)) throw new Error(`${mark} of ${tenant.account.id} has come back: ${text}`);
      expect(tenant.emulator.requests.map(({ call }) => call)).toEqual([]);
    }
  }

  async function ask(
    { document, variables }: Probe,
    tenant: Tenant,
    accountId: string,
    token: string,
  ): Promise<{ status: number; text: string; headers: [string, string][]; calls: number }> {
    const given = variables(tenant, traces.get(tenant)!, accountId);
    for (const { emulator } of tenants) emulator.clearRequests();
    const response = await post({ query: document, variables: given }, token);
    const text = await response.text();
    return {
      status: response.status,
      text,
      headers: [...response.headers].filter(([name]) => name !== 'date'),
      calls: tenants.reduce((count, { emulator }) => count + emulator.requests.length, 0),
    };
  }

  function post(operation: { query: string; variables: object }, token: string): Promise<Response> {
    const isUpload = operation.query === UPLOAD;
    const form = () => formOf(operation, { 0: ['variables.input.file'] }, { 0: PDF });
    return fetch(`${harness.url}/graphql`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        ...(isUpload ? PREFLIGHT : { 'content-type': 'application/json' }),
      },
      body: isUpload ? form() : JSON.stringify(operation),
    });
  }

  async function leaveTraces(tenant: Tenant, token: string): Promise<Traces> {
    const { account } = tenant;
    const run = async (query: string, variables: object): Promise<any> => {
      const { data, errors } = (await (await post({ query, variables }, token)).json()) as Pick<
        Answer,
        'data' | 'errors'
      >;
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    };
    const id = conversationOf(tenant, account.id);
    const { conversation, account: list } = await run(
      `query ($id: ID!, $account: ID!) {
        conversation(id: $id) { title messages(last: 1) { pageInfo { endCursor } } }
        account(id: $account) { conversations(first: 1) { pageInfo { endCursor } } }
      }`,
      { id, account: account.id },
    );
    const { conversations } = await run('{ conversations(first: 5) { pageInfo { endCursor } } }', {});
    const { sendMessage } = await run(SEND, {
      input: { conversationId: id, text: tenant.canary, idempotencyKey: randomUUID() },
    });
    const { uploadAttachment } = await run(UPLOAD, { input: { conversationId: id, file: null } });
    expect(conversation.title).toBe(account.provider === 'pact' ? tenant.canary : conversation.title);
    return {
      upload: parseUploadId(uploadAttachment.attachment.id),
      delivery: parseDeliveryId(sendMessage.delivery.id),
      messageCursor: conversation.messages.pageInfo.endCursor,
      listCursor: list.conversations.pageInfo.endCursor ?? undefined,
      mergedCursor: conversations.pageInfo.endCursor,
    };
  }
});

function tokenOf({ accounts, scopes }: Caller, subject = 'somebody new'): Promise<string> {
  return sign(
    new TextEncoder().encode(SECRET),
    { alg: 'HS256' },
    { sub: subject, parley_accounts: accounts.map(({ account }) => account.id), scope: scopes.join(' ') },
  );
}

/** A text together with what its ids and cursors say to whoever looks into them. */
function decoded(text: string): string {
  const names = text.match(/[A-Za-z0-9_-]{12,}/g) ?? [];
  return [
    text,
    ...names.map((name) => decodeURIComponent(safe(Buffer.from(name, 'base64url').toString()))),
  ].join('\n');
}

function safe(text: string): string {
  return text.replace(/%(?![0-9A-Fa-f]{2})/g, '%25').replace(/%[89A-Fa-f][0-9A-Fa-f]/g, '_');
}
