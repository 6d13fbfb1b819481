/**
 * What one account that hangs costs the others: the times of operations on two healthy accounts alone, while a third one hangs and is
 * asked all the while, and alone again, in one run.
 *
 *   npm run bench:isolation            30 s of hanging
 *   npm run bench:isolation -- 10      10 s
 *
 * Operations begin at fixed times, whether or not those before are over: a stall shows in all that it holds up.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { conversationId } from '../src/messaging/ids.ts';
import { startSandbox, wellKnown } from '../src/sandbox/index.ts';
import { writeSandboxAccounts } from '../test/sandboxAccounts.ts';
import { quantile } from './load/quantile.ts';

const HANG_SECONDS = Number(process.argv[2] ?? 30);
/** How much the 99th percentile of healthy accounts may rise. */
const MOST = 1.5;

interface Work {
  readonly name: string;
  /** Operations a second. */
  readonly rate: number;
  /** Whether it is none of the hanging account's affair. */
  readonly healthy: boolean;
  readonly body: () => string;
}

const messages = (accountId: string, externalId: string) => () =>
  JSON.stringify({
    query: `query ($a: ID!, $e: String!) { conversationByExternalId(accountId: $a, externalId: $e) {
      title messages(last: 20) { nodes { id text sentAt author { name } } } } }`,
    variables: { a: accountId, e: externalId },
  });

const WORK: readonly Work[] = [
  {
    name: 'reads of Letstalk',
    rate: 20,
    healthy: true,
    body: messages('support', String(wellKnown.letstalk.documented)),
  },
  { name: 'reads of Pigeons', rate: 20, healthy: true, body: messages('app', wellKnown.pigeons.documented) },
  {
    name: 'sends to Letstalk',
    rate: 4,
    healthy: true,
    body: () =>
      JSON.stringify({
        query: `mutation ($i: SendMessageInput!) { sendMessage(input: $i) { delivery { state } userErrors { code } } }`,
        variables: {
          i: {
            conversationId: conversationId({
              accountId: 'support',
              externalId: String(wellKnown.letstalk.second),
            }),
            ...{ text: 'hello', idempotencyKey: randomUUID() },
          },
        },
      }),
  },
  // Waits for the hanging account until its circuit opens.
  {
    name: 'all accounts merged',
    rate: 4,
    healthy: false,
    body: () =>
      JSON.stringify({ query: '{ conversations(first: 5) { nodes { id } sources { answered } } }' }),
  },
  {
    name: 'reads of Pact, which hangs',
    rate: 20,
    healthy: false,
    body: messages('sales', String(wellKnown.pact.documented)),
  },
];

const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
const sandbox = await startSandbox();
const { child, url } = await start();
try {
  await load(url, 5);
  const before = await load(url, HANG_SECONDS / 2);
  sandbox.pact.failNext({ hang: true }, { times: Infinity });
  const during = await load(url, HANG_SECONDS);
  sandbox.pact.clearFaults();
  await load(url, 7);
  const after = await load(url, HANG_SECONDS / 2);

  let worst = 0;
  print(`${''.padEnd(28)} alone p50 / p99 ms     hanging p50 / p99 ms   p99 ratio`);
  for (const { name, healthy } of WORK) {
    const alone = [...before.get(name)!, ...after.get(name)!];
    const hanging = during.get(name)!;
    const ratio = quantile(hanging, 0.99) / quantile(alone, 0.99);
    if (healthy) worst = Math.max(worst, ratio);
    print(`${name.padEnd(28)} ${both(alone).padEnd(22)} ${both(hanging).padEnd(22)} ${ratio.toFixed(2)}`);
  }
  print(
    `healthy accounts, at worst: ${worst.toFixed(2)} times their p99 alone (${MOST} is the most): ${worst <= MOST ? 'passed' : 'FAILED'}`,
  );
  process.exitCode = worst <= MOST ? 0 : 1;
} finally {
  child.kill('SIGKILL');
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
}

/** Milliseconds of each operation by what it was. */
async function load(base: string, seconds: number): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(WORK.map(({ name }) => [name, []]));
  const underWay: Promise<void>[] = [];
  const startedAt = performance.now();
  await Promise.all(
    WORK.map(async ({ name, rate, body }, index) => {
      for (let count = 0; count < rate * seconds; count += 1) {
        // Spread, so that not all begin at the same instant.
        const due = startedAt + ((count + index / WORK.length) * 1_000) / rate;
        await wait(Math.max(0, due - performance.now()));
        underWay.push(ask(base, body()).then(() => void times.get(name)!.push(performance.now() - due)));
      }
    }),
  );
  await Promise.all(underWay);
  return times;
}

async function ask(base: string, body: string): Promise<void> {
  const response = await fetch(`${base}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  await response.text();
  if (!response.ok) throw new Error(`status ${response.status}`);
}

async function start(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      ...{
        PARLEY_ACCOUNTS: writeSandboxAccounts(folder, sandbox),
        AUTH: 'none',
        PORT: '0',
        LOG_LEVEL: 'error',
      },
      FILE_FOLDER: join(folder, 'files'),
    },
  });
  for await (const line of createInterface(child.stdout)) {
    const found = /GraphQL +(http:\S+)\/graphql/.exec(line)?.[1];
    if (found) return { child, url: found };
  }
  throw new Error('Parley has not started');
}

function both(values: readonly number[]): string {
  return `${quantile(values, 0.5).toFixed(1)} / ${quantile(values, 0.99).toFixed(1)}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
