import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { AccountConfig } from './config/accounts.ts';
import type { EventsConfig } from './config/events.ts';
import { linger } from './httpErrors.ts';
import { ContractError, ParleyError } from './messaging/errors.ts';
import { loggable } from './messaging/loggable.ts';
import type { Registry } from './messaging/registry.ts';
import { sourceOf } from './messaging/registry.ts';
import type { EventObserver } from './observability/eventMetrics.ts';
import type { OpenEvents } from './realtime/createEvents.ts';
import { createEvents } from './realtime/createEvents.ts';
import { createSourceList } from './realtime/createSourceList.ts';
import type { WebhookAccount } from './realtime/webhookRoute.ts';
import { addWebhookRoute, WEBHOOKS_PATH } from './realtime/webhookRoute.ts';
import type { Sandbox } from './sandbox/index.ts';
import type { Stores } from './stores.ts';

/** How long things about events take; milliseconds. Tests have no time. */
export interface EventTimes {
  readonly pollInterval: number;
  readonly listInterval: number;
  readonly linger: number;
  readonly leaseTime: number;
  readonly scanInterval: number;
  readonly scanPause: number;
  readonly patience: number;
}

export interface EventingOptions {
  readonly config: EventsConfig;
  readonly registry: Registry;
  readonly stores: Stores;
  readonly observer: EventObserver;
  readonly log: Logger;
  readonly times?: Partial<EventTimes> | undefined;
}

/** What is usual; the rest is configured. */
const TIMES = { listInterval: 30_000, linger: 900_000, leaseTime: 10_000, scanPause: 500, patience: 5_000 };
/** The most changes that wait for one subscriber. */
const MAX_WAITING = 1_000;

export function openEvents({ config, registry, stores, observer, log, times }: EventingOptions): OpenEvents {
  const { store, live, now } = stores;
  const { pollInterval, scanInterval, window, always } = config;
  const sourceFor = (accountId: string) => sourceOf(registry.get(accountId)!);
  return createEvents({
    ...{ accounts: registry.all, store, live, now, window, always, log, maxWaiting: MAX_WAITING },
    times: { ...TIMES, pollInterval, scanInterval, ...times },
    observer: {
      connected: (accountId, isConnected) => observer.connected(sourceFor(accountId), isConnected),
      event: (accountId, kind, outcome) => observer.event(sourceFor(accountId), kind, outcome),
    },
  });
}

export interface WebhooksOptions extends Pick<EventingOptions, 'registry' | 'observer' | 'log'> {
  readonly accounts: readonly AccountConfig[];
  readonly events: OpenEvents;
  readonly isStopping: () => boolean;
}

/** Opens the addresses that providers post to, where there are any. */
export function addWebhooks(app: FastifyInstance, options: WebhooksOptions): void {
  const { accounts, registry, events, observer, log, isStopping } = options;
  const posted = new Map<string, WebhookAccount>();
  for (const account of accounts) {
    const { provider } = registry.get(account.id)!;
    if (account.provider !== 'pact' || account.webhookSecret === undefined) continue;
    const { webhookSecret: secret, webhookSources: sources } = account;
    posted.set(account.id, {
      secret,
      read: (body) => provider.readWebhook!(body),
      ...(sources && { allows: createSourceList(sources) }),
    });
  }
  if (posted.size === 0) return;
  addWebhookRoute(app, {
    accounts: posted,
    linger,
    take(accountId, taken) {
      if (isStopping()) throw new ParleyError('SHUTTING_DOWN', 'Parley is stopping.', { retryable: true });
      return events.take(accountId, taken);
    },
    answered(accountId, outcome, error) {
      observer.webhook(outcome);
      if (outcome !== 'breached' && outcome !== 'overloaded' && outcome !== 'failed') return;
      const isBreach = error instanceof ContractError;
      log[isBreach ? 'info' : 'warn'](
        { accountId, outcome, ...(error !== undefined && loggable(error)) },
        'a webhook that was not taken',
      );
    },
  });
}

/** Has the embedded sandbox post its webhooks here. */
export function registerSandboxWebhooks(
  sandbox: Sandbox,
  accounts: readonly AccountConfig[],
  url: string,
): void {
  for (const account of accounts) {
    if (account.provider !== 'pact' || account.webhookSecret === undefined) continue;
    const version = account.apiVersion === 'v2' ? 2 : 1;
    sandbox.pact.setWebhook(`${url}${WEBHOOKS_PATH}/${account.id}/${account.webhookSecret}`, { version });
  }
}
