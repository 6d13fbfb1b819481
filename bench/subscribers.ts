/**
 * What telling many subscribers costs one process: how long after an event has been posted it has come to them, how many results a
 * second of the processor gives, and memory for each subscriber, beside a bare graphql-ws and graphql-sse. Half subscribe by WebSocket,
 * half by server-sent events; all of them to one conversation, or spread over 500.
 *
 *   npm run bench:subscribers             5,000 subscribers
 *   npm run bench:subscribers -- 1000     1,000
 *
 *   SERVER_NODE_OPTIONS='--cpu-prof' npm run bench:subscribers     with a profile of each server
 *
 * Needs Linux, whose kernel tells what a process has used, and as many open files as there are subscribers (`ulimit -n`).
 */
import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../src/sandbox/index.ts';
import { quantile } from './load/quantile.ts';
import type { Transport } from './subscribers/clients.ts';
import { createCrowd, TRANSPORTS } from './subscribers/crowd.ts';
import { endProcess } from './subscribers/endProcess.ts';
import type { Server } from './subscribers/servers.ts';
import { startParley, startPeer } from './subscribers/servers.ts';
import { cpuSecondsOf, forgetPeak, heldBy, memoryOf } from './subscribers/use.ts';

const COUNT = 2 * Math.ceil(Number(process.argv[2] ?? 5_000) / 2);
const HALF = COUNT / 2;
const SPREAD = Math.min(500, HALF);
/** Of one measurement, about. */
const RESULTS = 100_000;
const WARM_UP_ROUNDS = 3;
/** Open files of a process beside its subscribers. */
const OTHER_FILES = 200;

interface Measured {
  readonly name: string;
  /** Milliseconds from the event to a result; `last` is until all subscribers of an event have theirs, by the median of events. */
  readonly p50: number;
  readonly p99: number;
  readonly last: number;
  /** Results of a second of the processor. */
  readonly rate: number;
  /** Megabytes: before there are subscribers, while none is told anything, and at the most while all are. */
  readonly before: number;
  readonly idle: number;
  readonly busy: number;
  /** Kilobytes of each idle subscriber. */
  readonly each: Readonly<Record<Transport, number>>;
}

checkOpenFiles();
const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
const children: ChildProcess[] = [];
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

const sandbox = await startSandbox();
const all = Array.from({ length: SPREAD }, () => sandbox.pact.addConversation().external_id);
const rows: Measured[] = [];
for (const conversations of [all.slice(0, 1), all]) {
  const where = conversations.length === 1 ? '1 conversation' : `${conversations.length} conversations`;
  const options = { folder, sandbox, conversations, count: COUNT };
  rows.push(await measure(`Parley, ${where}`, await startParley(options)));
  rows.push(await measure(`bare graphql-ws and -sse, ${where}`, await startPeer(options)));
}
print(rows);
process.exit();

async function measure(name: string, server: Server): Promise<Measured> {
  const pid = server.child.pid!;
  const crowd = createCrowd({ ...server, failed: giveUp });
  children.push(server.child, ...crowd.children);

  progress(`${name}: warming up`);
  // What is compiled and allocated once is no cost of a subscriber.
  for (const transport of TRANSPORTS) await crowd.open(transport, Math.min(HALF, 500));
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) await crowd.tell(`warm-up ${round}`);
  await crowd.leave();

  const held = [await heldBy(pid)];
  for (const transport of TRANSPORTS) {
    progress(`${name}: ${HALF} subscribers by ${transport}`);
    await crowd.open(transport, HALF);
    held.push(await heldBy(pid));
  }
  const [before, between, idle] = held as [number, number, number];
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) await crowd.tell(`unmeasured ${round}`);

  forgetPeak(pid);
  const rounds = Math.max(3, Math.round(RESULTS / COUNT));
  const events: (readonly number[])[] = [];
  const cpuBefore = cpuSecondsOf(pid);
  for (let round = 0; round < rounds; round += 1) {
    if (round % Math.ceil(rounds / 10) === 0) progress(`${name}: round ${round + 1} of ${rounds}`);
    events.push(...(await crowd.tell(`round ${round}`)));
  }
  const cpu = cpuSecondsOf(pid) - cpuBefore;
  const busy = memoryOf(pid, 'VmHWM');
  await crowd.end();
  await endProcess(server.child);

  const times = events.flat();
  const lasts = events.map((event) => event.reduce((most, time) => Math.max(most, time), 0));
  const each = {
    websocket: ((between - before) * 1024) / HALF,
    sse: ((idle - between) * 1024) / HALF,
  };
  return {
    ...{ name, p50: quantile(times, 0.5), p99: quantile(times, 0.99), last: quantile(lasts, 0.5) },
    ...{ rate: times.length / cpu, before, idle, busy, each },
  };
}

function checkOpenFiles(): void {
  // Node has raised its own as far as it may; this is what its children get.
  const most = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  const needed = COUNT + OTHER_FILES;
  if (most === 'unlimited' || Number(most) >= needed) return;
  process.stderr.write(
    `${COUNT} subscribers take ${needed} open files, and a process may have ${most} here.\n` +
      `Allow more (ulimit -n ${needed}), or ask for fewer: npm run bench:subscribers -- 500\n`,
  );
  process.exit(1);
}

function giveUp(reason: string): void {
  process.stderr.write(`\n${reason}\n`);
  process.exit(1);
}

function print(measured: readonly Measured[]): void {
  const machine = `${availableParallelism()} CPUs, Node ${process.version}`;
  progress(`${COUNT} subscribers, half by WebSocket, half by SSE; ${machine}`);
  const heads = ['p50 ms', 'p99 ms', 'last ms', 'results/CPU s', 'MB before', 'idle', 'fan-out'];
  const lines = [
    ['', ...heads, 'kB/WebSocket', 'kB/SSE'],
    ...measured.map(({ name, p50, p99, last, rate, before, idle, busy, each }) => [
      ...[name, p50.toFixed(1), p99.toFixed(1), last.toFixed(1), rate.toFixed(0)],
      ...[before, idle, busy].map((megabytes) => megabytes.toFixed(0)),
      ...[each.websocket.toFixed(1), each.sse.toFixed(1)],
    ]),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  for (const line of lines) {
    const [name, ...numbers] = line.map((text, column) =>
      column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!),
    );
    process.stdout.write(`${[name, ...numbers].join('  ')}\n`);
  }
}

function progress(line: string): void {
  process.stdout.write(`${line}\n`);
}
