import { got } from 'got';
import type { HttpBody, HttpLimits } from './client.ts';
import type { Transport } from './transport.ts';

/** Whatever carries a body or a stream goes by got, which knows forms, files and upload progress. */
export function createGotTransport(limits: HttpLimits): Transport {
  const client = got.extend({
    // POST is never retried here: a repeated send is a duplicate message to a customer.
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
    timeout: { connect: limits.connectTimeout, request: limits.sendTimeout },
  });

  return async ({ method, url, headers, body }, signal) => {
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
      throw excess.signal.aborted
        ? Object.assign(new Error('answer too large'), { code: 'ERR_BODY_TOO_LARGE' })
        : error;
    }
  };
}

function toGotBody(body: HttpBody) {
  if ('json' in body) return { json: body.json };
  return { body: 'multipart' in body ? body.multipart : body.form.toString() };
}
