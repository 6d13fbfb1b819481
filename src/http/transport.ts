import type { HttpBody } from './client.ts';

/** A call as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
}

/** What came back, whatever its status. */
export interface Answer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: string;
}

/** One round trip without retry or redirect. Rejects where there is no whole answer within the cap on its size. */
export type Transport = (request: WireRequest, signal: AbortSignal) => Promise<Answer>;
