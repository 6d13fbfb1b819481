import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { got, RequestError } from 'got';
import type { HttpBody, HttpLimits } from './client.ts';
import { toFormData } from './multipart.ts';
import type { Transport } from './transport.ts';

/** Whatever carries a body or a stream goes by got, which knows forms and files. */
export function createGotTransport(limits: Pick<HttpLimits, 'connectTimeout' | 'maxAnswerBytes'>): Transport {
  const client = got.extend({
    // POST is never retried here: a repeated send is a duplicate message to a customer.
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
    timeout: { connect: limits.connectTimeout },
    // Each send gets a connection of its own: one that was kept alive may be closing at the other end, and the reset
    // that comes then looks like a lost answer to a message that nobody has ever seen.
    agent: {
      http: new HttpAgent({ keepAlive: false }),
      https: new HttpsAgent({ keepAlive: false }),
    },
  });

  return async ({ method, url, headers, body }, signal) => {
    // got begins nothing for a caller who has gone, and does not say so.
    const begins = !signal.aborted;
    const answer = client(url, {
      method: method as 'POST',
      headers: {
        ...headers,
        ...(body && 'form' in body && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      signal,
      ...(body && toGotBody(body)),
    });
    const excess = new AbortController();
    void answer.on('downloadProgress', ({ transferred }) => {
      if (transferred <= limits.maxAnswerBytes || excess.signal.aborted) return;
      excess.abort();
      answer.cancel();
    });
    try {
      const { statusCode, headers: answered, body: text } = await answer;
      return { status: statusCode, header: (name) => [answered[name] ?? []].flat()[0], body: text };
    } catch (error) {
      if (excess.signal.aborted) {
        throw Object.assign(new Error('answer too large'), { code: 'ERR_BODY_TOO_LARGE', written: true });
      }
      throw Object.assign(error as Error, { written: begins && mayBeWritten(error) });
    }
  };
}

/** Whether anything of the request may have reached the provider: not before there was a connection to write it to. */
function mayBeWritten(error: unknown): boolean {
  if (!(error instanceof RequestError)) return true;
  const { timings, options } = error;
  const isSecure = new URL(String(options.url)).protocol === 'https:';
  return timings === undefined || (isSecure ? timings.secureConnect : timings.connect) !== undefined;
}

function toGotBody(body: HttpBody) {
  if ('json' in body) return { json: body.json };
  return { body: 'multipart' in body ? toFormData(body.multipart) : body.form.toString() };
}
