import type { OutgoingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';

const APP = 'https://app.example';
const SUBSCRIPTION = '?query=subscription{messageAdded{text}}';
const HANDSHAKE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
  'sec-websocket-protocol': 'graphql-transport-ws',
};
const EVENTS = { accept: 'text/event-stream' };

let parley: Harness;

beforeAll(async () => {
  parley = await startHarness({
    environment: { CORS_ORIGINS: APP, PUBLIC_URL: 'https://parley.example/behind/a/proxy' },
  });
});
afterAll(() => parley.close());

/** How a request is answered that somebody else's page may make a browser send as well. */
function statusOf(path: string, headers: OutgoingHttpHeaders): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${parley.url}/graphql${path}`, { headers });
    const answered = ({ statusCode }: { statusCode?: number }) => {
      resolve(statusCode!);
      request.destroy();
    };
    request.once('response', answered).once('upgrade', answered).once('error', reject).end();
  });
}

describe.each([
  ['a WebSocket', '', HANDSHAKE, 101],
  ['events by GET', SUBSCRIPTION, EVENTS, 200],
])('%s', (_what, path, headers, welcome) => {
  it.each([
    ['that is listed', () => APP],
    ['that is the one that was asked', () => parley.url],
    ['that is the one that was asked, behind what speaks TLS', () => parley.url.replace('http', 'https')],
    ['of PUBLIC_URL', () => 'https://parley.example'],
  ])('is given to pages of an origin %s', async (_which, origin) => {
    expect(await statusOf(path, { ...headers, origin: origin() })).toBe(welcome);
  });

  it('is given to whoever is no page', async () => {
    expect(await statusOf(path, headers)).toBe(welcome);
  });

  it.each([
    'https://evil.example',
    'null',
    'http://app.example',
    'https://app.example:8443',
    'https://app.example.evil.example',
    'http://127.0.0.1:1',
    'http://parley.example',
    '',
  ])('is refused to pages of %j', async (origin) => {
    expect(await statusOf(path, { ...headers, origin })).toBe(403);
  });

  it('is refused to a page whose own name leads to this machine', async () => {
    const host = `evil.example:${new URL(parley.url).port}`;
    expect(await statusOf(path, { ...headers, host, origin: `http://${host}` })).toBe(400);
  });
});

it('events are refused to a page that does not say its origin, since it does not want to read the answer', async () => {
  expect(await statusOf(SUBSCRIPTION, { ...EVENTS, 'sec-fetch-mode': 'no-cors' })).toBe(403);
  expect(await statusOf(SUBSCRIPTION, { ...EVENTS, 'sec-fetch-mode': 'cors' })).toBe(200);
});
