import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { ParleyError } from '../messaging/errors.ts';

/** What a body may cost. Times are milliseconds. */
export interface BodyLimits {
  readonly maxBytes: number;
  readonly idleTimeout: number;
  readonly totalTimeout: number;
}

/**
 * The body of a request on its way to the parser, which takes it for the request. It knows when the client is too slow,
 * sends too much or goes away, and what becomes of the connection then.
 */
export class IncomingBody extends PassThrough {
  readonly headers: IncomingHttpHeaders;
  /** Resolves when the body has been read to its end, by whomever, or nothing more of it will be read. */
  readonly settled: Promise<void>;
  /** Called with the parser as soon as it is there, before it has seen a byte. */
  onParser: ((parser: NodeJS.WritableStream) => void) | undefined;

  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #fail: (error: ParleyError) => void;
  readonly #limits: BodyLimits;
  readonly #deadlines: NodeJS.Timeout[];
  #bytes = 0;
  #givenUp = false;
  #settle: () => void = () => undefined;

  /** `fail` is told why the body can't be used; it may be told more than once. */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    limits: BodyLimits,
    fail: (error: ParleyError) => void,
  ) {
    super();
    this.headers = request.headers;
    this.#request = request;
    this.#response = response;
    this.#limits = limits;
    this.#fail = fail;
    this.settled = new Promise((resolve) => (this.#settle = resolve));
    const idle = setTimeout(
      () => this.#tooSlow(`Nothing came for ${limits.idleTimeout} ms.`),
      limits.idleTimeout,
    );
    const total = setTimeout(
      () => this.#tooSlow(`It took longer than ${limits.totalTimeout} ms.`),
      limits.totalTimeout,
    );
    this.#deadlines = [idle, total];
    this.#follow(idle);
  }

  #follow(idle: NodeJS.Timeout): void {
    const request = this.#request;
    // Counted in front of everything, so that it goes on when nobody takes the bytes any more.
    request.on('data', (chunk: Buffer) => {
      idle.refresh();
      this.#bytes += chunk.length;
      if (this.#bytes > this.#limits.maxBytes) this.#giveUp(tooLarge(this.#limits.maxBytes));
    });
    request.once('end', () => this.#end());
    // A listener for errors is what keeps a connection that breaks from ending the process.
    request.on('error', (cause) => this.#fail(wentAway(cause)));
    request.once('close', () => {
      if (!request.readableEnded) this.#fail(wentAway());
      this.#end();
    });
    this.#response.once('close', () => {
      if (this.#givenUp) request.destroy();
    });
    request.pipe(this);
  }

  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    this.onParser?.(destination);
    return super.pipe(destination);
  }

  /**
   * Keeps the rest from the parser, but reads it, within the same limits: few clients look for an answer before they
   * have sent everything, and closing on them would lose it.
   */
  discard(): void {
    this.#request.unpipe(this);
    this.destroy();
    if (!this.#givenUp) this.#request.resume();
  }

  #tooSlow(what: string): void {
    this.#giveUp(
      new ParleyError('REQUEST_TIMEOUT', `The upload was not received in time. ${what}`, { retryable: true }),
    );
  }

  // The connection can't serve another request, since the end of this one will never be seen.
  #giveUp(error: ParleyError): void {
    this.#givenUp = true;
    this.#fail(error);
    this.#request.pause();
    if (!this.#response.headersSent) this.#response.setHeader('Connection', 'close');
    if (this.#response.closed) this.#request.destroy();
    this.#end();
  }

  #end(): void {
    for (const deadline of this.#deadlines) clearTimeout(deadline);
    this.#settle();
  }
}

export function tooLarge(maxBytes: number): ParleyError {
  return new ParleyError('PAYLOAD_TOO_LARGE', `An upload has at most ${maxBytes} bytes in all.`);
}

export function wentAway(cause?: unknown): ParleyError {
  return new ParleyError('CANCELLED', 'The client went away before the upload was received.', { cause });
}
