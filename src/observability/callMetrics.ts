import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { CallKind, CallObserver, CircuitState } from '../http/observer.ts';
import type { ErrorSource } from '../messaging/errors.ts';
import type { AccountStatus } from '../messaging/registry.ts';

/** How an account is doing right now. */
export interface WatchedAccount {
  readonly source: ErrorSource;
  readonly circuit: CircuitState;
  readonly status: AccountStatus;
  readonly inFlight: Readonly<Record<CallKind, number>>;
  readonly queued: Readonly<Record<CallKind, number>>;
}

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];

const CIRCUIT = { closed: 0, 'half-open': 1, open: 2 } as const;
const STATUS = { OPERATIONAL: 0, DEGRADED: 1, UNAVAILABLE: 2 } as const;
const KINDS = ['read', 'send', 'upload'] as const;

/** How providers answer, account by account. */
export function createCallMetrics(registry: Registry) {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, ...labels: Label[]) =>
    new Counter({ registers, name, help, labelNames: ['account', 'provider', ...labels] });
  const calls = counter(
    'parley_upstream_calls_total',
    'Calls to providers, each retry by itself, by what they do and how they ended: OK, or an error code.',
    ...['kind', 'outcome'],
  );
  const duration = new Histogram({
    registers,
    name: 'parley_upstream_call_duration_seconds',
    help: 'How long calls to providers took, waiting for a place not counted.',
    labelNames: ['account', 'provider', 'kind'],
    buckets: SECONDS,
  });
  const retries = counter('parley_upstream_retries_total', 'Reads that were tried again.');
  const refused = counter(
    'parley_upstream_refused_total',
    'Calls that were not made: circuit_open, queue_full, rate, retry_budget.',
    'reason',
  );
  const shared = counter(
    'parley_upstream_shared_total',
    "Reads that needed no call: answered by another operation's (in_flight), or from the cache.",
    'how',
  );
  const lost = counter(
    'parley_lost_rows_total',
    'Rows of answers that could not be read, and are missing.',
    'call',
  );
  const breaches = counter(
    'parley_contract_breaches_total',
    'Answers that were received, and are not what the provider documents.',
  );
  const watchAccounts = createAccountGauges(registry);

  const observer: CallObserver = {
    call(source, { kind, code, seconds }) {
      const { account, provider } = toLabels(source);
      calls.inc({ account, provider, kind, outcome: code });
      duration.observe({ account, provider, kind }, seconds);
    },
    retried: (source) => retries.inc(toLabels(source)),
    shared: (source, how) => shared.inc({ ...toLabels(source), how }),
    refused: (source, reason) => refused.inc({ ...toLabels(source), reason }),
    breached: (source) => breaches.inc(toLabels(source)),
    lost: (source, call, count) => lost.inc({ ...toLabels(source), call }, count),
  };
  return { observer, watchAccounts };
}

/** Asked when somebody looks; gives where to ask. */
function createAccountGauges(registry: Registry): (load: () => readonly WatchedAccount[]) => void {
  const registers = [registry];
  let loadOf = (): readonly WatchedAccount[] => [];
  const gauge = (name: string, help: string, valueOf: (account: WatchedAccount) => number) =>
    new Gauge({
      ...{ registers, name, help, labelNames: ['account', 'provider'] },
      collect() {
        for (const account of loadOf()) this.set(toLabels(account.source), valueOf(account));
      },
    });
  gauge('parley_circuit_state', '0 closed, 1 half-open, 2 open.', ({ circuit }) => CIRCUIT[circuit]);
  gauge(
    'parley_account_status',
    '0 operational, 1 degraded, 2 unavailable, as last seen.',
    ({ status }) => STATUS[status],
  );
  for (const [name, field, help] of [
    ['parley_upstream_in_flight', 'inFlight', 'Calls to providers under way.'],
    ['parley_upstream_queued', 'queued', 'Calls that wait for a place.'],
  ] as const) {
    new Gauge({
      ...{ registers, name, help, labelNames: ['account', 'provider', 'kind'] },
      collect() {
        for (const account of loadOf())
          for (const kind of KINDS) this.set({ ...toLabels(account.source), kind }, account[field][kind]);
      },
    });
  }
  return (load) => {
    loadOf = load;
  };
}

/** Both are from the configuration. */
export function toLabels({ accountId, provider }: ErrorSource): { account: string; provider: string } {
  return { account: accountId, provider };
}
