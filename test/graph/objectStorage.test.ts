import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { S3Server } from '../contract/s3Server.ts';
import { startS3Server } from '../contract/s3Server.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { conversations, PDF, send, upload } from './writes.ts';

let s3: S3Server;
let harness: Harness;

beforeAll(async () => {
  s3 = await startS3Server();
  harness = await startHarness({
    environment: {
      ...{ S3_BUCKET: s3.bucket, S3_ENDPOINT: s3.endpoint, S3_PREFIX: 'parley' },
      S3_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    },
  });
});
afterAll(async () => {
  await harness.close();
  await s3.stop();
});

it('a file waits in object storage, is read from there by its address, and goes out from there', async () => {
  const { attachment } = await upload(harness, conversations.letstalk, PDF);
  expect(s3.requests.some(({ method, url }) => method === 'PUT' && url.includes('/parley/files/'))).toBe(
    true,
  );
  expect(Buffer.from(await (await fetch(attachment.url)).arrayBuffer())).toEqual(Buffer.from(PDF.bytes));

  const { userErrors, delivery } = await send(harness, {
    conversationId: conversations.letstalk,
    attachmentIds: [attachment.id],
    idempotencyKey: randomUUID(),
  });

  expect(userErrors).toEqual([]);
  expect(delivery.state).toBe('SENT');
  const [file] = [...harness.sandbox.letstalk.files().values()].slice(-1);
  expect(file).toMatchObject({ fileName: PDF.fileName, byteSize: PDF.bytes.length });
});
