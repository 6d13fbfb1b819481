import { LRUCache } from 'lru-cache';
import type { LiveStore } from '../messaging/liveStore.ts';
import type { ReadContext } from '../messaging/provider.ts';
import type { Account } from '../messaging/registry.ts';
import type { Store } from '../messaging/store.ts';
import { externalIdOf } from './createIngest.ts';
import type { Sync } from './createSync.ts';

/** Looks at what no event tells: in turns, and of all processes in one. */
export interface Polling {
  /** Looks at whatever it is time for. */
  round(need: PollNeed): Promise<void>;
  /** Looks once at what happened while nobody looked. */
  catchUp(): Promise<void>;
  /** Looks at the latest conversations of the account's list; gives their ids. */
  list(): Promise<readonly string[]>;
}

export interface PollTimes {
  /** Milliseconds between two looks at a conversation that somebody watches, while its provider does not tell by itself. */
  readonly pollInterval: number;
  /** The same for lists, and for conversations whose provider tells by webhooks alone: nobody knows whether those come. */
  readonly listInterval: number;
}

export interface PollingOptions extends PollTimes {
  readonly account: Account;
  readonly store: Store;
  readonly live: LiveStore;
  readonly sync: Sync;
  readonly context: ReadContext;
}

export interface PollNeed {
  /** The conversations that somebody watches. */
  readonly watched: readonly string[];
  /** Whether somebody wants to know of all of them. */
  readonly wantsAll: boolean;
  /** Whether events come by themselves. */
  readonly isConnected: boolean;
  /** Has events of a conversation come by themselves, where each has to be named. */
  readonly follow: ((conversationId: string) => void) | undefined;
}

/** The most watched conversations that are looked at in one round. */
const MAX_POLLED = 500;
/** The most conversations whose messages are read because a list shows newer ones. */
const MAX_READ = 200;
/** The most conversations that are looked at because no list says whether there is something new. */
const MAX_GUESSED = 20;
/** Milliseconds until it is looked again whether a conversation exists by now, and of how many that is remembered. */
const ABSENT_FOR = 60_000;
const MAX_ABSENT = 10_000;
/** A lock is over a little before the next look is due. */
const SLACK = 0.9;

export function createPolling(options: PollingOptions): Polling {
  const { account, store, live, sync, context, pollInterval, listInterval } = options;
  const { provider } = account;
  /** Anybody can name conversations that do not exist: those are not asked for with each round. */
  const absent = new LRUCache<string, true>({ max: MAX_ABSENT, ttl: ABSENT_FOR });
  let rounds = 0;

  return {
    async round({ watched, wantsAll, isConnected, follow }) {
      rounds += 1;
      if (!isConnected) await lookAt(watched);
      // Where each conversation has to be named, the list says which there are.
      const needsList = follow ? isConnected : !isConnected && wantsAll;
      if (!needsList || !provider.listConversations || !(await isDue('poll-list', listInterval))) return;
      for (const id of await list()) follow?.(id);
    },

    async catchUp() {
      if (!(await isDue('catch-up', pollInterval))) return;
      if (provider.listConversations) await list();
      else await guess(() => true);
    },

    list,
  };

  async function lookAt(watched: readonly string[]): Promise<void> {
    // Webhooks come to whoever is called: nobody can tell that none is missing.
    const interval = provider.readWebhook ? listInterval : pollInterval;
    const start = watched.length > MAX_POLLED ? (rounds * MAX_POLLED) % watched.length : 0;
    const turn = [...watched.slice(start), ...watched.slice(0, start)].slice(0, MAX_POLLED);
    await sync.conversations(account, turn, context, {
      mayLook: async (id) => !absent.has(id) && (await isDue(`poll:${id}`, interval)),
      absent: (id) => void absent.set(id, true),
    });
  }

  async function list(): Promise<readonly string[]> {
    const { externalIds, silent } = await sync.list(account, { pages: 1, reads: MAX_READ }, context);
    if (silent.size > 0) await guess((externalId) => silent.has(externalId));
    return externalIds;
  }

  /** Looks where something has happened lately: there it goes on most likely. */
  async function guess(mayHaveNews: (externalId: string) => boolean): Promise<void> {
    const recent = await live.latest(account.id, undefined, MAX_GUESSED);
    const ids = recent.map(({ key }) => externalIdOf(key)).filter(mayHaveNews);
    await sync.conversations(account, ids, context);
  }

  /** True for the first that asks, until the time is over. */
  function isDue(what: string, time: number): Promise<boolean> {
    return store.create(`${what}:${account.id}`, '1', time * SLACK);
  }
}
