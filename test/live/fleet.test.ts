import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { wellKnown } from '../../src/sandbox/index.ts';
import { WEBHOOKS_PATH } from '../../src/realtime/webhookRoute.ts';
import { eventually } from '../eventually.ts';
import type { StartedRedis } from '../redis.ts';
import { canStartRedis, startRedis } from '../redis.ts';
import type { FakeRouter } from './fakeRouter.ts';
import { startFakeRouter } from './fakeRouter.ts';
import type { Fleet } from './fleet.ts';
import { startFleet } from './fleet.ts';
import { listen } from './listening.ts';

jest.setTimeout(300_000);

const ADDED = `subscription Added($after: String) {
  messageAdded(after: $after) { id text accountId conversationExternalId }
}`;

const TRANSPORTS = ['websocket', 'sse', 'callback'] as const;

/** A client that subscribes again from where it was, whenever it is cut off. */
interface Follower {
  readonly name: string;
  readonly told: { readonly text: string; readonly conversation: string }[];
  stop(): void;
}

(canStartRedis ? describe : describe.skip)('two processes that share a Redis', () => {
  let redis: StartedRedis;
  let router: FakeRouter;
  let fleet: Fleet;
  const followers: Follower[] = [];

  beforeAll(async () => {
    redis = (await startRedis({ durable: true }))!;
    router = await startFakeRouter();
    fleet = await startFleet(2, {
      ...{ REDIS_URL: redis.url, SUBSCRIPTION_CALLBACK_HOSTS: router.host, POLL_INTERVAL: '1s' },
    });
    await Promise.all(fleet.urls.map((url) => url()));
  });
  afterAll(async () => {
    for (const follower of followers) follower.stop();
    await fleet.stop();
    await router.close();
    await redis.stop();
  });

  it('tell every client of every transport of each message once, in order, whatever is killed meanwhile', async () => {
    const start = await cursorNow();
    for (const [index, url] of fleet.urls.entries())
      for (const transport of TRANSPORTS)
        followers.push(follow(`${transport} at ${index}`, transport, url, start));
    await connected();
    await post(0);
    const say = createSpeaker();

    await say(2);
    await everybodyKnows(say.said);
    await say(10);
    // The connections of providers are where nobody knows; one of both processes has them.
    fleet.kill(0);
    await say(10);
    await post(1);
    await say(10);
    await fleet.urls[0]!();
    fleet.kill(1);
    await post(0);
    await say(10);
    await everybodyKnows(say.said);

    fleet.sandbox.letstalk.live.drop();
    fleet.sandbox.letstalk.live.forget();
    fleet.sandbox.pigeons.live.drop();
    await say(10);
    fleet.sandbox.letstalk.live.restore();
    fleet.sandbox.pigeons.live.restore();
    await say(10);
    await everybodyKnows(say.said);

    await redis.kill();
    await say(5);
    await redis.restart();
    await say(10);
    await everybodyKnows(say.said);
  });

  /** Where Pact posts its webhooks from now on. */
  async function post(index: number): Promise<void> {
    const path = `${WEBHOOKS_PATH}/sales/${fleet.webhookSecret}`;
    fleet.sandbox.pact.setWebhook(`${await fleet.urls[index]!()}${path}`, { pause: 2_000 });
  }

  async function cursorNow(): Promise<string> {
    const response = await fetch(`${await fleet.urls[0]!()}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': fleet.key },
      body: JSON.stringify({ query: '{ changes { pageInfo { endCursor } } }' }),
    });
    const { data } = (await response.json()) as any;
    return data.changes.pageInfo.endCursor;
  }

  /** Until both providers that have live connections tell what happens. */
  async function connected(): Promise<void> {
    await eventually(() => {
      expect(fleet.sandbox.letstalk.live.subscribers()).toBeGreaterThan(0);
      const channel = `private-conversation.${wellKnown.pigeons.documented}`;
      expect(fleet.sandbox.pigeons.live.subscriptions()).toContain(channel);
    });
  }

  async function everybodyKnows(said: ReadonlyMap<string, readonly string[]>): Promise<void> {
    await eventually(() => {
      for (const follower of followers) {
        for (const [conversation, texts] of said) {
          const told = follower.told.filter((message) => message.conversation === conversation);
          expect({ [follower.name]: told.map(({ text }) => text) }).toEqual({ [follower.name]: texts });
        }
      }
    });
  }

  function follow(
    name: string,
    transport: (typeof TRANSPORTS)[number],
    url: () => Promise<string>,
    start: string,
  ): Follower {
    const told: Follower['told'] = [];
    let cursor = start;
    let isOver = false;
    const isStopped = () => isOver;
    let stop: () => void = () => undefined;
    const next = ({ data, extensions }: any) => {
      if (!data?.messageAdded) return;
      const { text, accountId, conversationExternalId } = data.messageAdded;
      told.push({ text, conversation: `${accountId} ${conversationExternalId}` });
      cursor = extensions.cursor;
    };
    void (async () => {
      while (!isStopped()) {
        try {
          await connect(await url());
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    })();
    return {
      ...{ name, told },
      stop() {
        isOver = true;
        stop();
      },
    };

    async function connect(address: string): Promise<void> {
      const headers = { 'x-api-key': fleet.key };
      if (transport !== 'callback') {
        const listener = listen(address, transport, ADDED, { variables: { after: cursor }, headers, next });
        stop = () => void listener.stop();
        await listener.over;
        return;
      }
      const known = await url();
      let end: () => void = () => undefined;
      const over = new Promise<void>((resolve) => (end = resolve));
      const subscription = await router.subscribe(
        address,
        { query: ADDED, variables: { after: cursor } },
        { ...headers, 'router-authorization': fleet.routerSecret },
        { next, over: end },
      );
      stop = () => {
        subscription.stop();
        end();
      };
      // A router learns by heartbeats that do not come that its subgraph is gone: here it looks.
      const look = setInterval(() => void url().then((now) => (now === known ? undefined : end())), 100);
      await over;
      clearInterval(look);
      subscription.stop();
    }
  }

  /** Somebody at each provider who says one thing after the other. */
  function createSpeaker() {
    const { pact, letstalk, pigeons } = fleet.sandbox;
    const said = new Map<string, string[]>();
    let number = 0;
    const places: [string, (text: string) => unknown][] = [
      [
        `sales ${wellKnown.pact.documented}`,
        (text) => pact.addMessage(wellKnown.pact.documented, { message: text }),
      ],
      [
        `sales ${wellKnown.pact.sameTime}`,
        (text) => pact.addMessage(wellKnown.pact.sameTime, { message: text }),
      ],
      [
        `support ${wellKnown.letstalk.documented}`,
        (text) => letstalk.addMessage(wellKnown.letstalk.documented, { content: text }),
      ],
      [
        `support ${wellKnown.letstalk.second}`,
        (text) => letstalk.addMessage(wellKnown.letstalk.second, { content: text }),
      ],
      [
        `app ${wellKnown.pigeons.documented}`,
        (text) => pigeons.addMessage(wellKnown.pigeons.documented, { context: { text, type: 'text' } }),
      ],
      [
        `app ${wellKnown.pigeons.specimens}`,
        (text) => pigeons.addMessage(wellKnown.pigeons.specimens, { context: { text, type: 'text' } }),
      ],
    ];
    const say = async (times: number) => {
      for (let time = 0; time < times; time += 1) {
        for (const [place, add] of places) {
          const text = `#${(number += 1)}`;
          add(text);
          said.set(place, [...(said.get(place) ?? []), text]);
        }
        // Others get a turn, as between people.
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    return Object.assign(say, { said });
  }
});
