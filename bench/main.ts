/**
 * What Parley costs beside GraphQL Mesh, which somebody would take instead, and beside the limit, a program written by hand for
 * nothing but these questions: all over the same providers, in one run, in turns.
 *
 *   npm run bench                                            everything, into docs/performance.md
 *   npm run bench -- --only W1,W2 --rounds 1 --seconds 1     some of it, quickly, written nowhere
 *   npm run bench -- --no-write
 *
 *   PARLEY_NODE_OPTIONS='--cpu-prof' npm run bench -- --only W2    with a profile of Parley
 *
 * Needs Linux, whose kernel tells what a process has used.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Front, FrontName } from './fronts/Front.ts';
import { FRONT_NAMES } from './fronts/Front.ts';
import { startLimit } from './fronts/startLimit.ts';
import { startMesh } from './fronts/startMesh.ts';
import { startParley } from './fronts/startParley.ts';
import type { MeasureOptions } from './load/measure.ts';
import { measure } from './load/measure.ts';
import { quantile } from './load/quantile.ts';
import { runClients } from './load/runClients.ts';
import { parseOptions } from './options.ts';
import { progress } from './progress.ts';
import { printResults } from './report/printResults.ts';
import type { Cell, Condition, GrowthRow, Results, UploadMemory } from './report/Results.ts';
import { CONDITIONS } from './report/Results.ts';
import { writeDocs } from './report/writeDocs.ts';
import { endProcess } from './subscribers/endProcess.ts';
import { forgetPeak, memoryOf } from './subscribers/use.ts';
import { HELD, LANES } from './upstream/Upstream.ts';
import { startUpstream } from './upstream/startUpstream.ts';
import { askInTurn, createGrowth, createUpload, createWorkloads } from './work/createWorkloads.ts';
import { verify } from './work/verify.ts';
import type { Ask, Workload } from './work/Workload.ts';

const ACCOUNT_COUNTS = [3, 300];
const UPLOADS = 5;
/** Measurements that warming up takes as long as. */
const WARM_UP = 3;

const options = parseOptions(process.argv.slice(2));
if (!existsSync('/proc/self/stat')) {
  process.stderr.write('This needs Linux, whose kernel tells what a process has used.\n');
  process.exit(1);
}
const { rounds, seconds } = options;
const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const cpus = assignProcessors();
progress('starting the providers and the fronts');
const upstream = await startUpstream(cpus.upstream);
const { content } = upstream;
const at = { content, folder, cpu: cpus.front };
const nodeOptions = process.env['PARLEY_NODE_OPTIONS']?.split(' ') ?? [];
const fronts: readonly Front[] = [
  await startParley({ ...at, lanes: LANES, nodeOptions }),
  await startMesh(at),
  await startLimit(at),
];
const idle = Object.fromEntries(
  fronts.map(({ name, child }) => [name, memoryOf(child.pid!, 'VmRSS')]),
) as Record<FrontName, number>;

const workloads = createWorkloads(content).filter(
  ({ id }) => options.only.length === 0 || options.only.includes(id),
);
for (const workload of workloads) await verify(fronts, workload);
progress('all fronts answer the same');
await warmUp();

// Files go last: what they leave in memory is no cost of messages.
const cells: Cell[] = [];
const equal: Cell[] = [];
for (let round = 0; round < rounds; round += 1) {
  for (const workload of workloads.filter(({ requests }) => requests === undefined))
    await measureWorkload(workload, round);
  await measureEqualReads(round);
}
for (const workload of workloads.filter((one) => one.requests !== undefined))
  for (let round = 0; round < rounds; round += 1) await measureWorkload(workload, round);

await upstream.setLatency(0);
const isWhole = options.only.length === 0;
const results: Results = {
  ...{ workloads, cells, equal, idle, rounds, seconds },
  lengths: isWhole ? await measureLengths() : [],
  held: isWhole ? await measureHeld() : [],
  accounts: isWhole ? await measureAccounts() : { counts: ACCOUNT_COUNTS, rows: [], memory: [] },
  uploads: isWhole ? await measureUploads() : [],
};
printResults(results);
if (options.write) await writeDocs(results);
for (const { child } of fronts) await endProcess(child);
process.exit();

async function measureWorkload({ id, asks, requests }: Workload, round: number): Promise<void> {
  for (const condition of CONDITIONS)
    for (const front of inTurn(round)) {
      const ask = asks[front.name];
      if (ask) await measureCell(cells, { workload: id, condition, front, ask, requests }, round);
    }
}

/** Clients that all want the same, at the same time. */
async function measureEqualReads(round: number): Promise<void> {
  const w1 = workloads.find(({ id }) => id === 'W1');
  if (!w1) return;
  for (const condition of CONDITIONS.filter(({ clients }) => clients > 1))
    for (const front of inTurn(round)) {
      const ask = w1.asks[front.name]!;
      await measureCell(equal, { workload: 'equal reads', condition, front, ask: () => ask(0) }, round);
    }
}

interface CellOptions extends Pick<MeasureOptions, 'front' | 'ask' | 'requests'> {
  readonly workload: string;
  readonly condition: Condition;
}

async function measureCell(into: Cell[], options: CellOptions, round: number): Promise<void> {
  const { workload, condition, front, ask, requests } = options;
  const { latency, clients } = condition;
  progress(
    `round ${round + 1} of ${rounds}: ${workload}, ${latency} ms, ${clients} at once, ${FRONT_NAMES[front.name]}`,
  );
  await upstream.setLatency(latency);
  let cell = into.find(
    (one) => one.workload === workload && one.condition === condition && one.front === front.name,
  );
  if (!cell) into.push((cell = { workload, condition, front: front.name, rounds: [] }));
  cell.rounds.push(await measure({ front, upstream, ask, clients, seconds, requests }));
}

/** Each front begins in a round of its own, so that none always comes after the same one. */
function inTurn(round: number): readonly Front[] {
  const first = round % fronts.length;
  return [...fronts.slice(first), ...fronts.slice(0, first)];
}

/** Until what is asked has been compiled as far as it will be: a front’s first thousands of requests cost twice of what the later ones do. */
async function warmUp(): Promise<void> {
  for (const { id, asks, requests } of workloads)
    for (const { name, port } of fronts) {
      const request = asks[name];
      if (!request) continue;
      progress(`warming up: ${id}, ${FRONT_NAMES[name]}`);
      await runClients({
        port,
        request,
        clients: 10,
        seconds: seconds * WARM_UP,
        ...(requests !== undefined && { requests: 3 }),
      });
    }
}

async function measureLengths(): Promise<GrowthRow[]> {
  const rows: GrowthRow[] = [];
  const measured = new Map<string, number[]>();
  const all = createGrowth(content);
  const compared = fronts.filter(({ name }) => name !== 'mesh');
  for (let round = 0; round < rounds; round += 1)
    for (const { id, length, asks } of all)
      for (const front of compared) {
        progress(
          `growth: ${id}, ${length} messages, ${FRONT_NAMES[front.name]}, round ${round + 1} of ${rounds}`,
        );
        const key = `${id} ${length} ${front.name}`;
        const { cpu } = await measureAlone(front, asks[front.name]!);
        measured.set(key, [...(measured.get(key) ?? []), cpu]);
      }
  for (const name of new Set(all.map(({ id }) => id)))
    for (const front of compared) {
      const lengths = all.filter(({ id }) => id === name).map(({ length }) => length);
      const cpu = lengths.map((length) => quantile(measured.get(`${name} ${length} ${front.name}`)!, 0.5));
      rows.push({ name, front: front.name, cpu });
    }
  return rows;
}

async function measureHeld(): Promise<GrowthRow[]> {
  const parley = fronts.find(({ name }) => name === 'parley')!;
  const asks = HELD.map((count) => askInTurn(content, count));
  const measured: number[][] = HELD.map(() => []);
  for (let round = 0; round < rounds; round += 1)
    for (const [index, ask] of asks.entries()) {
      progress(`growth: ${HELD[index]} conversations, round ${round + 1} of ${rounds}`);
      measured[index]!.push((await measureAlone(parley, ask)).cpu);
    }
  return [{ name: 'W1', front: 'parley', cpu: measured.map((cpus) => quantile(cpus, 0.5)) }];
}

/** A Parley of its own for each number of accounts. */
async function measureAccounts(): Promise<Results['accounts']> {
  const reads = workloads.filter(({ id }) => id === 'W1' || id === 'W2');
  const parleys: Front[] = [];
  for (const count of ACCOUNT_COUNTS) parleys.push(await startParley({ ...at, lanes: count / 3 }));
  const measured = new Map<string, number[]>();
  // One more round, which warms up.
  for (let round = -1; round < rounds; round += 1)
    for (const { id, asks } of reads)
      for (const [index, front] of parleys.entries()) {
        progress(`growth: ${id}, ${ACCOUNT_COUNTS[index]} accounts, round ${round + 1} of ${rounds}`);
        const { cpu } = await measureAlone(front, asks.parley!);
        const key = `${id} ${index}`;
        if (round >= 0) measured.set(key, [...(measured.get(key) ?? []), cpu]);
      }
  const memory = parleys.map(({ child }) => memoryOf(child.pid!, 'VmRSS'));
  for (const { child } of parleys) await endProcess(child);
  return {
    ...{ counts: ACCOUNT_COUNTS, memory },
    rows: reads.map(({ id }) => ({
      name: id,
      front: 'parley',
      cpu: ACCOUNT_COUNTS.map((_, index) => quantile(measured.get(`${id} ${index}`)!, 0.5)),
    })),
  };
}

/** Fresh processes: what messages have left in memory would hide what a file takes. */
async function measureUploads(): Promise<UploadMemory[]> {
  const small = createUpload(content, 1);
  const large = workloads.find(({ id }) => id === 'W6')!;
  const fresh = [await startParley({ ...at, lanes: 1 }), await startLimit(at)];
  const rows: UploadMemory[] = [];
  for (const { name, port, child } of fresh) {
    progress(`memory of an upload: ${FRONT_NAMES[name]}`);
    const run = ({ asks }: Workload) =>
      runClients({ port, request: asks[name]!, clients: 1, seconds: 0, requests: UPLOADS });
    // What is compiled and pooled once is no cost of a large one.
    await run(small);
    const before = memoryOf(child.pid!, 'VmRSS');
    forgetPeak(child.pid!);
    await run(large);
    rows.push({ front: name, idle: before, peak: memoryOf(child.pid!, 'VmHWM') });
    await endProcess(child);
  }
  return rows;
}

function measureAlone(front: Front, ask: Ask) {
  return measure({ front, upstream, ask, clients: 1, seconds: seconds / 2 });
}

/** Fronts have a processor to themselves; whoever asks, and the providers, share another one where there are but two. */
function assignProcessors(): { readonly front: number | undefined; readonly upstream: number | undefined } {
  const count = availableParallelism();
  if (count < 2) return { front: undefined, upstream: undefined };
  try {
    execFileSync('taskset', ['-acp', '1', String(process.pid)], { stdio: 'ignore' });
  } catch {
    return { front: undefined, upstream: undefined };
  }
  return { front: 0, upstream: count > 2 ? 2 : 1 };
}
