import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Answer, Harness } from './harness.ts';
import type { RawConnection } from './http/incomingClient.ts';
import { connectTo } from './http/incomingClient.ts';

/** A mutation that says all there is to say of an upload. */
export const UPLOAD = `mutation Upload($input: UploadAttachmentInput!) {
  uploadAttachment(input: $input) {
    attachment {
      id fileName mimeType byteSize url
      media { __typename ... on ImageMedia { width height } ... on VideoMedia { width height } ... on AudioMedia { isVoiceMessage } }
      providerDetails { __typename ... on StagedAttachment { expiresAt } }
    }
    userErrors { code message field retryable retryAfter }
  }
}`;

/** What a client tells of a file, true or not. */
export interface ClientFile {
  readonly bytes: string | Uint8Array;
  readonly fileName: string;
  readonly type: string;
}

/** What no page of another site can make a browser send. */
export const PREFLIGHT = { 'apollo-require-preflight': 'true' };

// The smallest picture: one transparent pixel.
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

export function pdf(byteSize = 100): Buffer {
  return Buffer.from('%PDF-1.7 '.padEnd(byteSize, 'no more than this '));
}

export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A multipart request: `operations`, then `map`, then the files by the names of their parts. */
export function formOf(
  operations: unknown,
  map: unknown,
  files: Readonly<Record<string, ClientFile>> = {},
): FormData {
  const form = new FormData();
  form.append('operations', JSON.stringify(operations));
  form.append('map', JSON.stringify(map));
  for (const [part, { bytes, fileName, type }] of Object.entries(files))
    form.append(part, new File([bytes], fileName, { type }));
  return form;
}

export async function postForm(
  url: string,
  form: FormData,
  headers: Readonly<Record<string, string>> = PREFLIGHT,
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: form });
  return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) };
}

/** Uploads one file, and gives what the operation answers. */
export function postUpload(
  url: string,
  input: Readonly<Record<string, unknown>>,
  file: ClientFile,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const operations = { query: UPLOAD, variables: { input: { ...input, file: null } } };
  const form = formOf(operations, { 0: ['variables.input.file'] }, { 0: file });
  return postForm(url, form, { ...PREFLIGHT, ...headers });
}

const SEND = `mutation Send($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message { externalId }
    delivery { state }
    userErrors { code message field }
  }
}`;

/** Sends uploaded files, under a key of its own, and gives the payload. */
export async function sendFiles(
  { query }: Pick<Harness, 'query'>,
  input: {
    readonly conversationId: string;
    readonly attachmentIds: readonly string[];
    readonly text?: string;
  },
): Promise<any> {
  const { data, errors } = await query(SEND, {
    variables: { input: { ...input, idempotencyKey: randomUUID() } },
  });
  if (errors) throw new Error(`unexpected errors: ${JSON.stringify(errors)}`);
  return data.sendMessage;
}

/** The names of the temporary files of uploads that this process has open, which are there as long as they are open. */
export function temporaryFiles(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.includes('/capacitor-') ? [path] : [];
    } catch {
      return [];
    }
  });
}

/** What is in a folder of staged files, below any of its folders. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Looks again and again until it is so. What never comes about fails here, and not at the test's own deadline. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 2_000; looks += 1) {
    if (await isSo()) return;
    await wait(10);
  }
  throw new Error(`it never came about that ${what}`);
}

/** A connection on which a test says byte by byte what it wants. Its `closed` resolves also when the other end has cut it. */
export async function openConnection(url: string): Promise<RawConnection> {
  const connection = await connectTo(Number(new URL(url).port));
  // It rejects when the connection was cut while something was written.
  connection.closed.catch(() => undefined);
  let text = '';
  connection.socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const closed = new Promise<string>((resolve) => {
    connection.socket.once('close', () => resolve(text));
  });
  return { ...connection, closed };
}
