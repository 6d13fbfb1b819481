import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { startSandbox } from '../../../src/sandbox/index.ts';
import type { OpenedRedis } from '../../redis.ts';
import type { Run } from '../processes.ts';
import { runParley, urlOf } from '../processes.ts';
import type { Instances } from './client.ts';
import { insist, readDelivery, trySend } from './client.ts';
import type { PlannedSend } from './plan.ts';
import { INSTANCES, planChaos } from './plan.ts';

/** How a key has ended. */
export interface Ending {
  readonly send: PlannedSend;
  readonly end: 'SENT' | 'REFUSED' | 'UNKNOWN';
  readonly messageId: string | null;
}

export interface Chaos {
  readonly endings: readonly Ending[];
  readonly sandbox: Sandbox;
  /** How often a process was killed. */
  readonly kills: number;
}

/** How many clients are under way at once. */
const CLIENTS = 16;

/** Runs a plan to its end, and then lets `look` see how it has ended. */
export async function runChaos(
  { seed, count, redis }: { seed: number; count: number; redis: OpenedRedis },
  look: (chaos: Chaos) => void | Promise<void>,
): Promise<void> {
  const sandbox = await startSandbox();
  const folder = mkdtempSync(join(tmpdir(), 'parley-chaos-'));
  const environment = {
    PARLEY_ACCOUNTS: writeAccounts(folder, sandbox),
    AUTH: 'none',
    FILE_FOLDER: join(folder, 'files'),
    ...{ REDIS_URL: redis.url, REDIS_KEY_PREFIX: redis.keyPrefix },
    ...{ CONNECT_TIMEOUT: '1s', READ_TIMEOUT: '2s', SEND_TIMEOUT: '300ms', SEND_SETTLING_TIME: '500ms' },
    LOG_LEVEL: 'error',
  };
  const fleet = startFleet(environment);
  try {
    const plan = planChaos(seed, count);
    const gaveUp = await storm(plan, sandbox, fleet);
    const settled = await settle(
      plan.filter((send) => !gaveUp.includes(send)),
      sandbox,
      fleet,
    );
    const refused = gaveUp.map((send) => ({ send, end: 'REFUSED', messageId: null }) as const);
    const endings = [...settled, ...refused];
    await look({ endings, sandbox, kills: fleet.kills() });
  } finally {
    await fleet.stop();
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All clients with all their bad luck; the processes are killed in the middle. Gives those who gave up. */
async function storm(plan: readonly PlannedSend[], sandbox: Sandbox, fleet: Fleet): Promise<PlannedSend[]> {
  const gaveUp: PlannedSend[] = [];
  const waiting = [...plan];
  const killAt = new Map([
    [Math.floor(plan.length / 3), 0],
    [Math.floor((plan.length * 2) / 3), 1],
  ]);
  let begun = 0;
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      for (let send = waiting.shift(); send; send = waiting.shift()) {
        const victim = killAt.get((begun += 1));
        if (victim !== undefined) fleet.kill(victim);
        if (await runClient(send, sandbox, fleet.instances)) gaveUp.push(send);
      }
    }),
  );
  return gaveUp;
}

/** Whether it was told for sure that nothing was sent, and gave up. */
async function runClient(send: PlannedSend, sandbox: Sandbox, instances: Instances): Promise<boolean> {
  let lost = 0;
  for (const planned of send.tries) {
    if (planned.fault !== undefined) sandbox[send.provider].failNext(planned.fault, { call: 'sendMessage' });
    const told = await trySend(send, planned, instances);
    if (told.some(({ delivery }) => delivery && delivery.state !== 'UNKNOWN')) return false;
    lost += planned.duplicates - told.length;
    // Who has lost an answer can't know what that request is still about to do.
    if (send.givesUp && lost === 0 && told.every(({ delivery }) => !delivery)) return true;
  }
  return false;
}

/** The weather clears: each client asks once more, and waits until its provider has nothing more to say. */
async function settle(plan: readonly PlannedSend[], sandbox: Sandbox, fleet: Fleet): Promise<Ending[]> {
  for (const emulator of [sandbox.pact, sandbox.letstalk, sandbox.pigeons]) emulator.clearFaults();
  const url = await fleet.instances[0]!();
  const ended: Ending[] = [];
  let open = plan;
  // What one of them turns out to have is no longer in question for the others.
  for (let looks = MOST_LOOKS; open.length > 0; looks = 1) {
    const endings = await inTurns(open, (send) =>
      settleOne(send, sandbox, { instances: fleet.instances, url, looks }),
    );
    const settled = endings.filter(({ end }) => end !== 'UNKNOWN');
    if (settled.length === 0) return [...ended, ...endings];
    ended.push(...settled);
    open = endings.filter(({ end }) => end === 'UNKNOWN').map(({ send }) => send);
  }
  return ended;
}

/** Pact may never know; the others do as soon as a lost send can no longer turn up, and are sent again then. */
const MOST_LOOKS = 60;
const MOST_LOOKS_AT_PACT = 10;

async function settleOne(
  send: PlannedSend,
  sandbox: Sandbox,
  { instances, url, looks }: { instances: Instances; url: string; looks: number },
): Promise<Ending> {
  let told = await insist(send, instances);
  const most = send.provider === 'pact' ? Math.min(looks, MOST_LOOKS_AT_PACT) : looks;
  for (let look = 0; look < most; look += 1) {
    const state = told.delivery?.state;
    if (state === undefined) return { send, end: 'REFUSED', messageId: null };
    if (state !== 'UNKNOWN' && told.messageId !== null)
      return { send, end: 'SENT', messageId: told.messageId };
    sandbox.pact.settleJobs();
    await wait(100);
    told =
      send.provider === 'pact' ? await readDelivery(url, told.delivery!.id) : await insist(send, instances);
  }
  return { send, end: 'UNKNOWN', messageId: null };
}

async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const waiting = [...items];
  const results: Result[] = [];
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift())
        results.push(await work(item));
    }),
  );
  return results;
}

interface Fleet {
  readonly instances: Instances;
  kill(index: number): void;
  kills(): number;
  stop(): Promise<void>;
}

/** Processes that share a Redis; one that is killed is started again at once, on another port. */
function startFleet(environment: Record<string, string>): Fleet {
  const runs: Run[] = [];
  const urls: Promise<string>[] = [];
  let kills = 0;
  const start = (index: number) => {
    const started = runParley(environment);
    runs[index] = started;
    urls[index] = urlOf(started);
    // Told to whoever waits for it.
    urls[index].catch(() => undefined);
  };
  for (let index = 0; index < INSTANCES; index += 1) start(index);
  return {
    instances: Array.from({ length: INSTANCES }, (_none, index) => () => urls[index]!),
    kill(index) {
      kills += 1;
      runs[index]!.child.kill('SIGKILL');
      start(index);
    },
    kills: () => kills,
    async stop() {
      for (const { child } of runs) child.kill('SIGKILL');
      await Promise.all(runs.map(({ ended }) => ended));
    },
  };
}

function writeAccounts(folder: string, { pact, letstalk, pigeons }: Sandbox): string {
  const accounts = [
    { id: 'sales', provider: 'pact', companyId: pact.companyId, token: pact.token, baseUrl: pact.url },
    {
      ...{ id: 'support', provider: 'letstalk', apiKey: letstalk.agentKey, role: 'agent' },
      baseUrl: letstalk.url,
    },
    {
      ...{ id: 'app', provider: 'pigeons', publicKey: pigeons.publicKey, token: pigeons.user.token },
      baseUrl: pigeons.url,
    },
  ];
  const path = join(folder, 'accounts.yaml');
  // JSON is YAML.
  writeFileSync(path, JSON.stringify({ accounts }));
  return path;
}
