import { pino } from 'pino';
import { sandboxAccounts } from '../src/accounts.ts';
import type { AccountConfig } from '../src/config/accounts.ts';
import type { Config } from '../src/config/index.ts';
import { loadConfig } from '../src/config/index.ts';
import type { EventTimes } from '../src/eventing.ts';
import { registerSandboxWebhooks } from '../src/eventing.ts';
import type { CallLimits } from '../src/callLimits.ts';
import type { Emulator, Emulators, Sandbox } from '../src/sandbox/index.ts';
import { emulatorNames, startSandbox } from '../src/sandbox/index.ts';
import { createServer } from '../src/server.ts';
import { credentialsIn, findCanaries, phonesOf, secretsOf } from './canaries.ts';

/** Parley over real HTTP on a free port, in front of a sandbox of its own. */
export interface Harness {
  readonly sandbox: Sandbox;
  /** Parley's base URL. */
  readonly url: string;
  /** Where its metrics are. */
  readonly metricsUrl: string;
  /** Everything that was logged, as it would have been written. */
  readonly logged: () => string;
  /** Posts an operation and gives what came back. */
  readonly query: (document: string, options?: QueryOptions) => Promise<Answer>;
  /** Posts an operation that is expected to have no errors, and gives its data. */
  readonly data: (document: string, variables?: Record<string, unknown>) => Promise<any>;
  /** The calls that the sandbox has seen since the last time, as `pact messages`, in the order of their arrival by provider. */
  readonly takeCalls: () => string[];
  /** The sandbox as it was seeded, without faults, and with empty logs. */
  readonly reset: () => void;
  /**
   * Fails where a secret of the configuration, a credential that a test sent, or a phone number of the seed has stood in a log
   * line, in the metrics, or in an error or a header of what `query` was answered.
   */
  readonly close: () => Promise<void>;
}

export interface QueryOptions {
  readonly variables?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly data: any;
  readonly errors: readonly GraphError[] | undefined;
  readonly extensions?: Record<string, any>;
}

export interface GraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Record<string, any>;
}

export interface HarnessOptions {
  readonly accounts?: (sandbox: Sandbox) => readonly AccountConfig[];
  readonly callLimits?: Partial<CallLimits>;
  readonly eventTimes?: Partial<EventTimes>;
  /** How often an operation is executed before code is made for it; 0 by default, so that all are executed by that. */
  readonly compileAfter?: number;
  /** Whether the sandbox posts webhooks to Parley. */
  readonly webhooks?: boolean;
  /** As a user sets it. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Instead of what the environment says. */
  readonly config?: Partial<Config>;
}

export async function startHarness({
  accounts = sandboxAccounts,
  callLimits,
  eventTimes,
  compileAfter = 0,
  webhooks = false,
  environment,
  config,
}: HarnessOptions = {}): Promise<Harness> {
  const sandbox = await startSandbox();
  const lines: string[] = [];
  const settings: Config = {
    // The sandbox, and whatever a test does to the process, are in the same event loop.
    ...loadConfig({
      ...{ PORT: '0', METRICS_PORT: '0', LOG_LEVEL: 'trace', MAX_EVENT_LOOP_DELAY: '60s' },
      ...environment,
    }),
    accounts: accounts(sandbox),
    ...config,
  };
  const server = await createServer(settings, {
    ...(callLimits && { callLimits }),
    ...(eventTimes && { eventTimes }),
    compileAfter,
    log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
  }).catch(async (error: unknown) => {
    await sandbox.close();
    throw error;
  });
  const url = await server.listen();
  const metricsUrl = server.metricsUrl!;
  if (webhooks) registerSandboxWebhooks(sandbox, settings.accounts!, url);
  const secrets = new Map([...secretsOf(settings), ...phonesOf(sandbox)].map((one) => [one.value, one]));
  const seen: string[] = [];

  const query = async (document: string, { variables, headers }: QueryOptions = {}): Promise<Answer> => {
    for (const credential of credentialsIn(headers ?? {})) secrets.set(credential.value, credential);
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: document, variables }),
    });
    const answer = (await response.json()) as Omit<Answer, 'status'>;
    seen.push(JSON.stringify([...response.headers]));
    if (answer.errors) seen.push(JSON.stringify(answer.errors));
    return { status: response.status, ...answer };
  };

  return {
    sandbox,
    url,
    metricsUrl,
    logged: () => lines.join(''),
    query,
    async data(document, variables) {
      const { data, errors } = await query(document, variables ? { variables } : {});
      if (errors) throw new Error(`${errors.length} unexpected errors: ${JSON.stringify(errors[0])}`);
      return data;
    },
    takeCalls() {
      return Object.entries(emulators(sandbox)).flatMap(([name, emulator]) => {
        const calls = emulator.requests.map(({ call }) => `${name} ${call}`);
        emulator.clearRequests();
        return calls;
      });
    },
    reset() {
      sandbox.reset();
    },
    async close() {
      const metrics = await (await fetch(metricsUrl)).text();
      await server.close();
      await sandbox.close();
      const leaks = findCanaries([...secrets.values()], [...lines, ...seen, metrics].join('\n'));
      if (leaks.length > 0) throw new Error(`Secrets have leaked:\n${leaks.join('\n')}`);
    },
  };
}

/** The sandbox's emulators by provider. */
export function emulators(sandbox: Sandbox): Record<keyof Emulators, Emulator> {
  return Object.fromEntries(emulatorNames.map((name) => [name, sandbox[name]])) as unknown as Emulators;
}

/** How often each value stands in a list. */
export function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
