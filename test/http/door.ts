import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { closed, listen } from './upstream.ts';

/** A request that has come to a door. */
export interface Visit {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Whether whoever came has left before there was an answer. */
  readonly hasLeft: () => boolean;
}

/** A door in front of a server: a test keeps requests before it for as long as it likes. */
export interface Door {
  readonly url: string;
  readonly visits: readonly Visit[];
  /** Where it leads. */
  leadTo(url: string): void;
  /** Keeps what comes from now on, where it says so. */
  keep(which: (visit: Visit) => boolean): void;
  /** Lets through what was kept, and all that comes. */
  open(): void;
  /** Settles when so many requests have come since the last `forget`. */
  come(count: number): Promise<void>;
  forget(): void;
  close(): Promise<void>;
}

export async function startDoor(): Promise<Door> {
  const visits: Visit[] = [];
  const kept: (() => void)[] = [];
  let target = '';
  let isKept: (visit: Visit) => boolean = () => false;
  const server = createServer((request, response) => {
    let left = false;
    response.once('close', () => (left = !response.writableFinished));
    const visit = {
      ...{ method: request.method!, path: request.url!, headers: request.headers },
      hasLeft: () => left,
    };
    visits.push(visit);
    const pass = () => left || passOn(target, request, response);
    if (isKept(visit)) kept.push(pass);
    else pass();
  });
  const url = await listen(server);
  return {
    url,
    visits,
    leadTo: (to) => void (target = to),
    keep: (which) => void (isKept = which),
    open() {
      isKept = () => false;
      for (const pass of kept.splice(0)) pass();
    },
    async come(count) {
      while (visits.length < count) await turnOfTheEventLoop();
    },
    forget: () => void visits.splice(0),
    close() {
      server.closeAllConnections();
      return closed(server);
    },
  };
}

function passOn(target: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request;
  const { host } = new URL(target);
  const onward = httpRequest(
    `${target}${url!}`,
    { method: method!, headers: { ...headers, host } },
    (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
      answer.once('error', () => response.destroy());
    },
  );
  onward.once('error', () => response.destroy());
  response.once('close', () => onward.destroy());
  request.pipe(onward);
}
