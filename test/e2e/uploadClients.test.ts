import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TypedDocumentNode } from '@apollo/client';
import { ApolloClient, gql, InMemoryCache } from '@apollo/client';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';
import { conversationId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import { PNG, postUpload, PREFLIGHT, UPLOAD } from '../uploading.ts';
import type { Run } from './processes.ts';
import { runParley, urlOf } from './processes.ts';

jest.setTimeout(60_000);

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const execute = promisify(execFile);

const MUTATION: TypedDocumentNode<any, { input: Record<string, unknown> }> = gql(UPLOAD);

const SEND = `mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message { attachments { fileName mimeType url } }
    userErrors { code message }
  }
}`;

describe('a file reaches a process that serves the sandbox', () => {
  // WhatsApp, where the sandbox delivers at once: the message is there to be looked at.
  const conversation = conversationId({ accountId: 'sales', externalId: String(wellKnown.pact.documented) });
  let parley: Run;
  let url: string;

  beforeAll(async () => {
    parley = runParley();
    url = await urlOf(parley);
  });
  afterAll(async () => {
    parley.child.kill('SIGKILL');
    await parley.ended;
  });

  /** Sends an uploaded file, and reads it where the message says that it is. */
  async function expectArrival(
    attachmentId: string,
    expected: { fileName: string; bytes: Buffer },
  ): Promise<void> {
    const input = {
      conversationId: conversation,
      attachmentIds: [attachmentId],
      idempotencyKey: randomUUID(),
    };
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: SEND, variables: { input } }),
    });
    const { data }: any = await response.json();
    expect(data.sendMessage.userErrors).toEqual([]);
    const [attachment] = data.sendMessage.message.attachments;
    expect(attachment).toMatchObject({ fileName: expected.fileName, mimeType: 'image/png' });
    const arrived = Buffer.from(await (await fetch(attachment.url)).arrayBuffer());
    expect(arrived.equals(expected.bytes)).toBe(true);
  }

  it('from curl, as the README says', async () => {
    const blocks = [...README.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!);
    const [command, ...others] = blocks.filter((block) => block.includes('-F operations='));
    expect([command, others]).toEqual([expect.stringContaining('curl'), []]);
    expect(command).toContain('http://localhost:4000/');

    const folder = mkdtempSync(join(tmpdir(), 'parley-curl-'));
    const pasted = command!.replaceAll('http://localhost:4000', url);
    const { stdout } = await execute('sh', ['-ec', `${NEEDS_CURL}\n${pasted}`], { cwd: folder });
    const [, fileName] = /-F 0=@(\S+)/.exec(pasted)!;
    const bytes = readFileSync(join(folder, fileName!));
    rmSync(folder, { recursive: true });

    const { data, errors } = JSON.parse(stdout);
    expect(errors).toBeUndefined();
    const { attachment, userErrors } = data.uploadAttachment;
    expect(userErrors).toEqual([]);
    expect(attachment).toMatchObject({ fileName, byteSize: bytes.length });
    const kept = Buffer.from(await (await fetch(attachment.url)).arrayBuffer());
    expect(kept.equals(bytes)).toBe(true);
  });

  it("from Node's fetch with FormData", async () => {
    const fileName = 'Grüße 👋.png';
    const file = { bytes: PNG, fileName, type: 'image/png' };
    const { data, errors } = await postUpload(url, { conversationId: conversation }, file);

    expect(errors).toBeUndefined();
    expect(data.uploadAttachment.userErrors).toEqual([]);
    await expectArrival(data.uploadAttachment.attachment.id, { fileName, bytes: PNG });
  });

  it('from Apollo Client with apollo-upload-client', async () => {
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: new UploadHttpLink({ uri: `${url}/graphql`, headers: PREFLIGHT }),
    });
    const file = new File([PNG], 'смета.png', { type: 'image/png' });
    const { data } = await client.mutate({
      mutation: MUTATION,
      variables: { input: { conversationId: conversation, file } },
    });

    expect(data.uploadAttachment).toMatchObject({ userErrors: [], attachment: { mimeType: 'image/png' } });
    await expectArrival(data.uploadAttachment.attachment.id, { fileName: 'смета.png', bytes: PNG });
  });

  it('from no client without the header that keeps other sites out', async () => {
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: new UploadHttpLink({ uri: `${url}/graphql` }),
    });
    const refused = client.mutate({
      mutation: MUTATION,
      variables: { input: { conversationId: conversation, file: new Blob([PNG]) } },
    });
    await expect(refused).rejects.toMatchObject({
      statusCode: 400,
      bodyText: expect.stringContaining('apollo-require-preflight'),
    });
  });
});

const NEEDS_CURL =
  'command -v curl > /dev/null || { echo "curl is missing: install it (Debian: apt-get install curl)" >&2; exit 1; }';
