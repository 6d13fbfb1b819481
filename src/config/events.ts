import { z } from 'zod';
import { list } from './list.ts';
import { duration, timeout, wholeNumber } from './quantities.ts';

const HOST = /^[a-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/i;

/** The environment variables about what happens at providers, and who is told. */
export const eventVariables = {
  LIVE_EVENTS: z.enum(['on-demand', 'always'], { error: 'must be on-demand or always' }).default('on-demand'),
  CHANGES_WINDOW: duration(30 * 86_400_000).default(86_400_000),
  POLL_INTERVAL: timeout().default(5_000),
  INBOX_SCAN_INTERVAL: timeout().default(600_000),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000).default(10_000),
  MAX_VIEWER_CONNECTIONS: wholeNumber(1, 1_000_000).default(20),
  MAX_CONNECTION_SUBSCRIPTIONS: wholeNumber(1, 10_000).default(100),
  SUBSCRIPTION_HEARTBEAT: timeout().default(12_000),
  SUBSCRIPTION_CALLBACK_HOSTS: list
    .refine(
      // An empty one is the list's mistake, and told by it.
      (hosts) => hosts.every((host) => host === '' || HOST.test(host)),
      'must be hosts, or hosts with ports, with commas',
    )
    .optional(),
};

type EventSettings = z.output<z.ZodObject<typeof eventVariables>>;

/** How events are taken, and who is told of them. Times are milliseconds. */
export interface EventsConfig {
  /** Whether they are taken from the start on, and not only once somebody wants them. */
  readonly always: boolean;
  /** How long what happened can be asked for. */
  readonly window: number;
  /** Between two looks at what somebody watches, where the provider does not tell by itself. */
  readonly pollInterval: number;
  /** Between two looks at all conversations of an account. */
  readonly scanInterval: number;
  /** Of subscribers, WebSockets and streams together: of the process, and of one viewer. */
  readonly maxConnections: number;
  readonly maxViewerConnections: number;
  readonly maxConnectionSubscriptions: number;
  /** Between two signs of life. */
  readonly heartbeat: number;
  /** Where routers may have events posted to, in lower case; empty for nowhere. */
  readonly callbackHosts: readonly string[];
}

export function toEvents(settings: EventSettings): EventsConfig {
  return {
    always: settings.LIVE_EVENTS === 'always',
    window: settings.CHANGES_WINDOW,
    pollInterval: settings.POLL_INTERVAL,
    scanInterval: settings.INBOX_SCAN_INTERVAL,
    maxConnections: settings.MAX_CONNECTIONS,
    maxViewerConnections: settings.MAX_VIEWER_CONNECTIONS,
    maxConnectionSubscriptions: settings.MAX_CONNECTION_SUBSCRIPTIONS,
    heartbeat: settings.SUBSCRIPTION_HEARTBEAT,
    callbackHosts: (settings.SUBSCRIPTION_CALLBACK_HOSTS ?? []).map((host) => host.toLowerCase()),
  };
}
