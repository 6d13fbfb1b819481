import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import type { Harness } from '../harness.ts';
import { AUDIENCE, ISSUER, sign, startGuarded } from '../identity.ts';
import type { Upstream } from './upstream.ts';
import { startUpstream } from './upstream.ts';

describe('a caller who leaves while they are asked who they are', () => {
  let harness: Harness;
  let keys: Upstream;
  let asked: ServerResponse;

  beforeAll(async () => {
    keys = await startUpstream((response) => (asked = response));
    harness = await startGuarded({
      environment: {
        ...{ AUTH: 'jwt', JWT_JWKS_URL: `${keys.url}/keys`, JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE },
      },
    });
  });
  afterAll(async () => {
    await harness.close();
    await keys.close();
  });

  const inFlight = async () => {
    const text = await (await fetch(harness.metricsUrl)).text();
    return /^parley_operations_in_flight (\d+)$/m.exec(text)?.[1];
  };

  it('does not count as an operation for good, and asks nothing of a provider', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const token = await sign(privateKey, { alg: 'RS256', kid: 'one' });
    const { host, hostname, port } = new URL(harness.url);
    const query = encodeURIComponent('query Left { conversations(first: 1) { nodes { id } } }');
    const arrival = keys.arrival();
    const caller = connect(Number(port), hostname);
    // A request with a body would end with its connection.
    caller.write(
      `GET /graphql?query=${query} HTTP/1.1\r\nhost: ${host}\r\napollo-require-preflight: 1\r\n` +
        `authorization: Bearer ${token}\r\n\r\n`,
    );
    await arrival;
    caller.resetAndDestroy();
    // What comes later is read later.
    await fetch(`${harness.url}/health/live`);
    harness.takeCalls();

    asked.end(JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', use: 'sig' }] }));
    while (!harness.logged().includes('"operation":"Left"'))
      await new Promise((resolve) => setImmediate(resolve));
    expect(await inFlight()).toBe('0');
    expect(harness.takeCalls()).toEqual([]);
  });
});
