import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { EXAMPLE_OPERATIONS } from '../../src/graph/exampleOperations.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import { hasChromium, launchChromium } from '../chromium.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { byWebSocket } from '../live/inPage.ts';
import { subscribed } from '../live/listening.ts';

// The editor is five megabytes of script for a machine that may be busy.
jest.setTimeout(120_000);

(hasChromium ? describe : describe.skip)('in a browser,', () => {
  let browser: Browser;
  let harness: Harness;
  let page: Page;
  /** What was asked for over the network, as `GET https://…`. */
  let requests: string[];
  /** What the browser complained about: what a policy forbids, what a script threw. */
  let complaints: string[];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    page = await browser.newPage();
    requests = [];
    complaints = [];
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) requests.push(`${request.method()} ${request.url()}`);
    });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(() => page.close());

  describe('GraphiQL', () => {
    beforeAll(async () => {
      harness = await startHarness({ environment: { EXPLORER: 'graphiql' }, webhooks: true });
    });
    afterAll(() => harness.close());
    beforeEach(async () => {
      await page.goto(`${harness.url}/graphql`);
    });
    afterEach(() => {
      expect(complaints).toEqual([]);
      const elsewhere = requests.filter((request) => !request.includes(` ${harness.url}/graphql`));
      expect(elsewhere).toEqual([]);
    });

    it('runs a query of those that it begins with', async () => {
      await run('Accounts');
      const result = page.getByLabel('Result Window');
      await result.getByText('"LETSTALK"').first().waitFor();
      expect(await result.textContent()).toContain('"Sales"');
    });

    it('runs a mutation', async () => {
      await run('Send');
      await page.getByLabel('Result Window').getByText('"userErrors"').waitFor();
      const { messages } = (await harness.data(LAST_MESSAGE)).conversation;
      expect(messages.nodes).toEqual([{ text: 'Your order is on its way 🚚' }]);
    });

    it('shows what happens to whoever runs a subscription, until they stop it', async () => {
      await run('Added');
      await subscribed(harness.metricsUrl, 1);

      for (const message of ['Is it far?', 'Not any more'])
        harness.sandbox.pact.addMessage(wellKnown.pact.sameTime, { message });
      const result = page.getByLabel('Result Window');
      await result.getByText('"Not any more"').waitFor();
      expect(await result.textContent()).toContain('"cursor"');

      await page.getByRole('button', { name: /^Stop query/ }).click();
      await subscribed(harness.metricsUrl, 0);
      // What is typed stands in no address.
      expect(requests).not.toContainEqual(expect.stringContaining('?'));
    });

    it('shows the documentation of the schema', async () => {
      await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
      const docs = page.getByLabel('Documentation Explorer', { exact: true });
      await docs.getByRole('link', { name: 'Query', exact: true }).click();
      await docs.getByRole('link', { name: 'conversationByExternalId', exact: true }).click();
      await docs.getByText("One conversation by the provider's own id").waitFor();
    });

    it('sends the headers that are typed, and forgets them', async () => {
      await page.getByRole('button', { name: 'Headers', exact: true }).click();
      await page.getByLabel('Headers', { exact: true }).click();
      await page.keyboard.insertText('{ "authorization": "Bearer a-secret" }');
      const sent = page.waitForRequest((request) => request.postData()?.includes('query Accounts') ?? false);
      await run('Accounts');
      expect((await sent).headers()['authorization']).toBe('Bearer a-secret');
      await page.getByLabel('Result Window').getByText('"LETSTALK"').first().waitFor();

      const kept = await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })');
      expect(kept).toContain('query Accounts');
      expect([kept, page.url()].join(' ')).not.toContain('a-secret');
      expect(page.url()).toBe(`${harness.url}/graphql`);
    });

    async function run(operation: string): Promise<void> {
      await page.getByRole('button', { name: /^Execute query/ }).click();
      await page.getByRole('menuitem', { name: operation, exact: true }).click();
    }
  });

  describe('Apollo Sandbox', () => {
    beforeAll(async () => {
      harness = await startHarness({ environment: { EXPLORER: 'sandbox' }, webhooks: true });
    });
    afterAll(() => harness.close());

    it('is given the graph and the operations by a page whose policy lets its script and frame in', async () => {
      // What Apollo's script does with the page, as far as a policy can forbid it.
      const body = `window.EmbeddedSandbox = class {
        constructor(options) {
          window.given = options;
          const frame = document.createElement('iframe');
          frame.src = 'https://sandbox.embed.apollographql.com/sandbox/explorer';
          document.querySelector(options.target).appendChild(frame);
        }
      }`;
      await page.route(`${CDN}/**`, (route) => route.fulfill({ contentType: 'text/javascript', body }));
      await page.route('https://sandbox.embed.apollographql.com/**', (route) =>
        route.fulfill({ contentType: 'text/html', body: '<p>the frame</p>' }),
      );
      await page.goto(`${harness.url}/graphql?from=a-link`);
      const frame = page.frameLocator('iframe');
      await frame.getByText('the frame').waitFor();

      expect(await page.evaluate('window.given')).toMatchObject({
        initialEndpoint: `${harness.url}/graphql`,
        initialSubscriptionEndpoint: `${harness.url.replace('http', 'ws')}/graphql`,
        initialState: { document: EXAMPLE_OPERATIONS, includeCookies: false },
      });
      const answer = await page.evaluate(ASK);
      expect(answer).toEqual({ data: { __typename: 'Query' } });
      expect(complaints).toEqual([]);
    });

    it('may subscribe over a WebSocket to the graph, and to nothing else', async () => {
      await page.goto(`${harness.url}/graphql`);
      // Apollo's script opens it in this page, for the frame.
      const told = page.evaluate(byWebSocket(harness.url));
      await subscribed(harness.metricsUrl, 1);
      harness.sandbox.pact.addMessage(wellKnown.pact.documented, { message: 'Hello, Sandbox' });
      expect(await told).toBe('Hello, Sandbox');

      const elsewhere = new URL(harness.metricsUrl).origin;
      await expect(page.evaluate(byWebSocket(elsewhere))).rejects.toThrow('refused');
      expect(complaints).toContainEqual(expect.stringContaining('Content Security Policy'));
    });

    it('says what to do where there is no internet', async () => {
      await page.goto(`${harness.url}/graphql`);
      await page.getByText('start Parley with EXPLORER=graphiql').waitFor();
      expect(requests).toEqual([`GET ${harness.url}/graphql`, expect.stringMatching(`^GET ${CDN}/v2/`)]);
      expect(complaints).toEqual([expect.stringContaining('ERR_NAME_NOT_RESOLVED')]);
    });

    it('runs no script that somebody else brings into the page', async () => {
      await page.goto(`${harness.url}/graphql`);
      await page.evaluate(`{
        const script = document.createElement('script');
        script.textContent = 'window.broken = true';
        document.body.appendChild(script);
      }`);
      expect(await page.evaluate('window.broken')).toBeUndefined();
      expect(complaints).toContainEqual(expect.stringContaining('Content Security Policy'));
    });
  });
});

const CDN = 'https://embeddable-sandbox.cdn.apollographql.com';

const LAST_MESSAGE = '{ conversation(id: "YzpzYWxlczo4NzQx") { messages(last: 1) { nodes { text } } } }';

const ASK = `fetch('/graphql', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query: '{ __typename }' }),
}).then((response) => response.json())`;
