import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import S3rver from 's3rver';

/** A real S3-compatible server on a port of its own, with one bucket. */
export interface S3Server {
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly requests: readonly {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage['headers'];
  }[];
  /** Bytes of request bodies so far. */
  received(): number;
  /** The keys of the objects. */
  objects(): string[];
  /** The ids of multipart uploads that were neither completed nor aborted. */
  openUploads(): string[];
  put(key: string): void;
  remove(key: string): void;
  truncate(key: string): void;
  /** Answers 403 to each request of the method whose path ends so; to none when undefined. */
  forbid(request: { readonly method: string; readonly path: string } | undefined): void;
  /** While it is down, it ends every connection without an answer. */
  down(isDown: boolean): void;
  stop(): Promise<void>;
}

const OBJECT = '._S3rver_object';
const UPLOADS = '._S3rver_uploads';

export async function startS3Server(): Promise<S3Server> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-s3-'));
  const bucket = 'staging';
  mkdirSync(join(directory, bucket));
  const answer = new S3rver({ directory, silent: true }).callback();
  const requests: S3Server['requests'][number][] = [];
  let received = 0;
  let isDown = false;
  let forbidden: { readonly method: string; readonly path: string } | undefined;

  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    const { pathname, searchParams } = new URL(url, 'http://s3');
    requests.push({ method, url, headers });
    if (isDown) {
      request.socket.destroy();
    } else if (method === forbidden?.method && pathname.endsWith(forbidden.path)) {
      request.resume();
      response.writeHead(403).end();
    } else if (method === 'DELETE' && searchParams.has('uploadId')) {
      // s3rver can't abort multipart uploads.
      rmSync(join(directory, bucket, UPLOADS, searchParams.get('uploadId')!), { recursive: true });
      response.writeHead(204).end();
    } else {
      pass(request, response);
    }
  });

  function pass(request: IncomingMessage, response: ServerResponse): void {
    const read = request.push.bind(request);
    request.push = (chunk: Buffer | null, encoding) => {
      received += chunk?.length ?? 0;
      return read(chunk, encoding);
    };
    answer(request, response);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    requests,
    received: () => received,
    objects: () =>
      readdirSync(join(directory, bucket), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith(OBJECT))
        .map((name) => name.slice(0, -OBJECT.length))
        .sort(),
    openUploads: () =>
      readdirSync(join(directory, bucket)).includes(UPLOADS)
        ? readdirSync(join(directory, bucket, UPLOADS))
        : [],
    put(key) {
      mkdirSync(dirname(join(directory, bucket, key)), { recursive: true });
      writeFileSync(join(directory, bucket, key + OBJECT), '.');
    },
    remove: (key) => unlinkSync(join(directory, bucket, key + OBJECT)),
    truncate: (key) => truncateSync(join(directory, bucket, key + OBJECT), 1),
    forbid: (request) => (forbidden = request),
    down: (now) => (isDown = now),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
