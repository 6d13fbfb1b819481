/**
 * A server with uploads and nothing else, as a process of its own: whether it lives, and what it leaves behind in its
 * temporary folder, is seen from outside. What a request is answered with is said by its `query`; see `ANSWERS`.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { fastify } from 'fastify';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { IncomingFile } from '../../src/messaging/incomingFile.ts';
import { FilePromise, uploadScalar } from '../../src/messaging/incomingFile.ts';
import type { UploadLimits } from '../../src/uploads/incoming.ts';
import { hasPreflightHeader, isMultipart, parseMultipart, whenReceived } from '../../src/uploads/incoming.ts';

export interface Settings {
  readonly limits: UploadLimits;
  readonly temporary: string;
}

/** What became of a file, or of a request. */
export type Outcome =
  | {
      readonly fileName: string;
      readonly declaredType: string;
      readonly bytes: number;
      readonly sha256: string;
    }
  | { readonly code: string; readonly message: string; readonly retryable: boolean };

export interface State {
  readonly sockets: number;
  /** Of every file that was read and every request that was refused, in the order in which they ended. */
  readonly outcomes: readonly Outcome[];
  /** The most memory that the process ever had, bytes. */
  readonly peakMemory: number;
}

export type Question = { readonly ask: 'state' } | { readonly ask: 'go' };

interface GraphQLRequest {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

const STATUSES: Record<string, number> = {
  BAD_REQUEST: 400,
  REQUEST_TIMEOUT: 408,
  PAYLOAD_TOO_LARGE: 413,
  CANCELLED: 499,
  STORAGE_UNAVAILABLE: 503,
};

const { limits, temporary } = JSON.parse(process.argv[2]!) as Settings;
process.env['TMPDIR'] = temporary;
// A file that may not grow further is then an error like any other.
process.on('SIGXFSZ', () => undefined);

const outcomes: Outcome[] = [];
let go: () => void = () => undefined;
const gone = new Promise<void>((resolve) => (go = resolve));

const ANSWERS: Record<string, (files: readonly Promise<IncomingFile>[], request: GraphQLRequest) => unknown> =
  {
    describe: (_files, request) => describe(request),
    read: (files) => inTurn(files, (file) => readAll(file.createReadStream())),
    readBackwards: (files) => inTurn(files.toReversed(), (file) => readAll(file.createReadStream())),
    readTwice: (files) =>
      inTurn(files, async (file) => {
        const first = await readAll(file.createReadStream());
        const second = await readAll(file.createReadStream());
        if (first.sha256 !== second.sha256) throw new Error('read differently');
        return second;
      }),
    readWhenTold: (files) =>
      inTurn(files, async (file) => {
        await gone;
        return readAll(file.createReadStream());
      }),
    readSlowly: (files) =>
      inTurn(files, async (file) => {
        const body = file.createReadStream();
        await gone;
        return readAll(body);
      }),
    readInTheBackground: (files) => {
      void inTurn(files, (file) => readAll(file.createReadStream()));
      return 'ok';
    },
    ignore: () => 'ok',
    open: async (files) => {
      for (const file of files) (await file).createReadStream();
      return 'ok';
    },
    throw: async (files) => {
      (await files[0]!).createReadStream();
      throw new Error('a resolver of ours has a bug');
    },
  };

async function inTurn(
  files: readonly Promise<IncomingFile>[],
  read: (file: IncomingFile) => Promise<{ bytes: number; sha256: string }>,
): Promise<Outcome[]> {
  const mine: Outcome[] = [];
  for (const promise of files) {
    mine.push(
      await promise
        .then(async (file) => {
          const { fileName, declaredType } = file;
          return { fileName, declaredType, ...(await read(file)) };
        })
        .catch(toOutcome),
    );
    outcomes.push(mine.at(-1)!);
  }
  return mine;
}

function toOutcome(error: unknown): Outcome {
  if (!(error instanceof ParleyError)) return { code: 'NOT OURS', message: String(error), retryable: false };
  return { code: error.code, message: error.message, retryable: error.retryable };
}

async function readAll(body: Readable): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of body) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

function filesOf(value: unknown): Promise<IncomingFile>[] {
  if (FilePromise.is(value)) return [uploadScalar.parseValue(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(filesOf) : [];
}

/** The request with `<file>` for each file; `prototypes` counts objects that are not plain. */
function describe(request: GraphQLRequest): unknown {
  let prototypes = 0;
  const text = JSON.stringify(request, (_key, value: unknown) => {
    if (FilePromise.is(value)) return '<file>';
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      if (Object.getPrototypeOf(value) !== Object.prototype) prototypes += 1;
    }
    return value;
  });
  const polluted = Object.keys(Object.prototype).length + Object.keys(String.prototype).length;
  return { request: JSON.parse(text) as unknown, prototypes, polluted };
}

const app = fastify({ requestTimeout: 0, keepAliveTimeout: 60_000 });
app.addContentTypeParser('multipart/form-data', (_request, _payload, done) => {
  done(null);
});
app.addHook('preValidation', async (request, reply) => {
  if (!isMultipart(request.headers)) return;
  if (!hasPreflightHeader(request.headers))
    throw new ParleyError('BAD_REQUEST', 'The preflight header is missing.');
  request.body = await parseMultipart(request.raw, reply.raw, limits);
});
app.addHook('onSend', async (request) => {
  if (request.url !== '/hasty') await whenReceived(request.raw);
});
app.setErrorHandler((error, _request, reply: FastifyReply) => {
  const outcome = toOutcome(error);
  outcomes.push(outcome);
  return 'code' in outcome ? reply.code(STATUSES[outcome.code] ?? 500).send(outcome) : undefined;
});
const answer = async ({ body }: { body: unknown }) => {
  const request = body as GraphQLRequest;
  return { data: await ANSWERS[request.query]!(filesOf(request.variables), request) };
};
app.post('/graphql', answer);
// Answers without waiting for the rest of the request.
app.post('/hasty', answer);
app.get('/hang', async () => {
  await gone;
  return 'ok';
});

function sockets(): Promise<number> {
  return new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
}

process.on('message', (question: Question) => {
  if (question.ask === 'go') go();
  void sockets().then((count) =>
    process.send!({
      sockets: count,
      outcomes,
      peakMemory: process.resourceUsage().maxRSS * 1024,
    } satisfies State),
  );
});
process.once('disconnect', () => process.exit());

app.server.on('request', ({ url }: IncomingMessage) => {
  process.send!({ request: url });
});
await app.listen({ port: 0, host: '127.0.0.1' });
process.send!({ port: (app.server.address() as AddressInfo).port });
