import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { wellKnown } from '../../src/sandbox/index.ts';
import { hasChromium, launchChromium } from '../chromium.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { byEventSource, byFetch, byWebSocket } from '../live/inPage.ts';
import { subscribed } from '../live/listening.ts';

// For a machine that may be busy.
jest.setTimeout(120_000);

(hasChromium ? describe : describe.skip)('in a browser,', () => {
  let browser: Browser;
  let page: Page;
  let app: Server;
  let stranger: Server;
  let parley: Harness;

  beforeAll(async () => {
    [browser, app, stranger] = await Promise.all([launchChromium(), serveApp(), serveApp()]);
  });
  afterAll(async () => {
    await browser.close();
    for (const server of [app, stranger]) server.close();
  });

  describe.each([
    ['a WebSocket', byWebSocket, 'refused'],
    ['server-sent events', byFetch, 'Failed to fetch'],
    ['an EventSource', byEventSource, 'refused'],
  ])('by %s', (_transport, listenTo, refusal) => {
    beforeEach(async () => {
      parley = await startHarness({ environment: { CORS_ORIGINS: originOf(app) }, webhooks: true });
      page = await browser.newPage();
    });
    afterEach(async () => {
      await page.close();
      await parley.close();
    });

    it('the page of a listed origin is told what happens', async () => {
      await page.goto(originOf(app));
      const told = page.evaluate(listenTo(parley.url));
      await subscribed(parley.metricsUrl, 1);

      parley.sandbox.pact.addMessage(wellKnown.pact.documented, { message: 'Hello, page' });

      expect(await told).toBe('Hello, page');
    });

    it('the page of any other origin is told nothing, and nothing is begun for it', async () => {
      await page.goto(originOf(stranger));
      await expect(page.evaluate(listenTo(parley.url))).rejects.toThrow(refusal);
      const metrics = await (await fetch(parley.metricsUrl)).text();
      expect(metrics).not.toContain('parley_subscriber_connections{');
    });
  });
});

/** An app's own server, which has one page. */
async function serveApp(): Promise<Server> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>An app</title>');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
