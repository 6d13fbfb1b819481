import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { HttpBody, HttpRequest } from '../../src/http/client.ts';
import { closeAll, createClient, failureOf, json, TOKEN, upstream } from './outgoingClient.ts';

afterEach(closeAll);

const FIELDS = { company_id: 154, private_api_token: TOKEN };

/** A provider that takes its credentials as fields, and an account of it. */
async function open(status = 200, limits = {}) {
  const far = await upstream((response, request, index) => {
    response.statusCode = status;
    json(response, request, index);
  });
  return { far, ...createClient(far.url, { credentials: { fields: FIELDS }, limits }) };
}

const file = (text: string) => ({
  ...{ fileName: 'a.txt', mimeType: 'text/plain' },
  body: Readable.from([Buffer.from(text)]),
});

describe('credentials that are fields', () => {
  it.each<[string, Partial<HttpRequest>, string]>([
    ['by itself', {}, ''],
    ['beside others', { query: { page: 2, per_page: 25 } }, 'page=2&per_page=25&'],
  ])('go into the query of what has no body, %s, and not into headers', async (_what, request, before) => {
    const { far, get } = await open();

    await get({ ...request, path: '/things' });

    const [{ url, headers }] = far.received as [(typeof far.received)[0]];
    expect(url).toBe(`/things?${before}company_id=154&private_api_token=${TOKEN}`);
    expect(JSON.stringify(headers)).not.toContain(TOKEN);
  });

  it.each<[string, () => HttpBody, (body: Buffer) => unknown, unknown]>([
    [
      'JSON',
      () => ({ json: { text: 'Hi', nested: { a: [1] } } }),
      (body) => JSON.parse(body.toString()) as unknown,
      { ...FIELDS, text: 'Hi', nested: { a: [1] } },
    ],
    [
      'a form',
      () => ({ form: new URLSearchParams([['id[]', '1'], ['id[]', '2']]) }), // prettier-ignore
      (body) => body.toString(),
      `id%5B%5D=1&id%5B%5D=2&company_id=154&private_api_token=${TOKEN}`,
    ],
    [
      'a multipart body',
      () => ({ multipart: [['file', file('hello')]] }),
      (body) => [...body.toString().matchAll(/[ ]name="([^"]+)"/g)].map(([, name]) => name),
      ['company_id', 'private_api_token', 'file'],
    ],
  ])('go into %s, and not into the URL', async (_what, body, read, expected) => {
    const { far, post } = await open();

    await post(body(), { path: '/things' });

    const [{ url, body: received, headers }] = far.received as [(typeof far.received)[0]];
    expect(url).toBe('/things');
    expect(read(received)).toEqual(expected);
    expect(JSON.stringify(headers)).not.toContain(TOKEN);
  });

  it('go with what deletes as well', async () => {
    const { far, post } = await open();

    await post({ json: { ids: [1] } }, { method: 'DELETE', path: '/things' });

    expect(far.received[0]).toMatchObject({ method: 'DELETE', url: '/things' });
    expect(JSON.parse(far.received[0]!.body.toString())).toEqual({ ...FIELDS, ids: [1] });
  });

  it('can not be taken for others by what a call brings itself', async () => {
    const { far, get } = await open();

    await get({ path: '/things', query: { text: '1&private_api_token=stolen' } });

    const { searchParams } = new URL(far.received[0]!.url, far.url);
    expect(searchParams.getAll('private_api_token')).toEqual([TOKEN]);
  });

  it.each([
    [401, 'a refusal'],
    [500, 'a failure'],
    [302, 'a redirect'],
  ])('stay out of errors and logs at status %i: %s', async (status) => {
    const { get, post, logged } = await open(status);

    const errors = [await failureOf(get()), await failureOf(post())];

    for (const error of errors) expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(TOKEN);
    expect(logged()).toContain('provider call');
    expect(logged()).not.toContain(TOKEN);
  });

  it.each(['undici', 'got'] as const)(
    'stay out of errors where nobody answers, whatever carries the read: %s',
    async (reader) => {
      const far = await upstream((response) => response.destroy());
      const { get, logged } = createClient(far.url, { credentials: { fields: FIELDS }, reader });

      const error = await failureOf(get());

      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(TOKEN);
      expect(logged()).not.toContain(TOKEN);
    },
  );

  it('are no part of what equal reads are known by: two that are under way together are one call', async () => {
    const { far, get } = await open();

    await Promise.all([get({ path: '/things' }), get({ path: '/things' }), get({ path: '/others' })]);

    expect(far.received.map(({ url }) => url.split('?')[0]).toSorted()).toEqual(['/others', '/things']);
  });
});
