/**
 * Mixed traffic on two processes with one Redis, with faults coming and going: see CONTRIBUTING.md. Fails where memory does not come
 * to a plateau, where a message is there twice or is missing, where anything is answered that nobody should see, or where a process
 * does not end as it should.
 */
import { readdirSync } from 'node:fs';
import { Redis } from 'ioredis';
import { createRandom } from '../../src/sandbox/content/random.ts';
import { createLedger } from './ledger.ts';
import { makePlaces } from './places.ts';
import type { Action } from './reads.ts';
import { createReads } from './reads.ts';
import type { Series } from './series.ts';
import { createSeries } from './series.ts';
import type { SoakSettings } from './settings.ts';
import { readSettings } from './settings.ts';
import type { ParleyProcess, Stage } from './stage.ts';
import { openStage } from './stage.ts';
import { createTally } from './tally.ts';
import { makeWeather } from './weather.ts';
import { createWrites, settleAll, storedMarks } from './writes.ts';

const SAMPLE_EVERY = 1_000;

const settings = readSettings(process.env);
const stage = await openStage();
let interrupted = false;
const isInterrupted = () => interrupted;
process.once('SIGINT', () => {
  interrupted = true;
  void stage.close().then(() => process.exit(130));
});
try {
  const problems = await soak(stage, settings);
  for (const problem of problems) print(`FAILED  ${problem}`);
  print(problems.length === 0 ? 'soak: passed' : `soak: ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} catch (error) {
  // Whoever has pressed Ctrl-C knows why it ended.
  if (!isInterrupted()) throw error;
} finally {
  await stage.close();
}

async function soak(stage: Stage, { duration, clients, seed }: SoakSettings): Promise<string[]> {
  const { sandbox, processes } = stage;
  const books = { tally: createTally(), ledger: createLedger() };
  const { tally, ledger } = books;
  const actions = [...createReads(tally), ...createWrites(books, makePlaces(sandbox, duration))];
  const series = processes.map(createSeries);
  const weather = makeWeather(stage, seed);
  print(`soak: ${duration / 1_000} s, ${clients} clients, seed ${seed}`);

  const until = performance.now() + duration;
  const sampling = sampleUntil(
    until,
    series,
    () =>
      `${tally.requests()} requests, ${ledger.all.length} keys, ${weather.faults()} changes of weather, ${tally.complaints()} complaints`,
  );
  await Promise.all(
    Array.from({ length: clients }, (_none, index) =>
      runClient(createRandom(seed + 100 + index), { actions, processes, until }),
    ),
  );
  await sampling;
  await weather.clear();
  const pick = () => processes[ledger.pending().length % 2]!;
  await settleAll(books, { sandbox, pick });

  for (const [what, outcomes] of tally.totals())
    print(`${what.padEnd(14)} ${outcomes.map(([outcome, count]) => `${outcome} ${count}`).join(', ')}`);
  for (const one of series) for (const line of one.print()) print(line);
  print(`keys: ${states(ledger.all.map(({ state }) => state))}; Redis was gone ${weather.outages()} times`);

  return [
    ...tally.problems(),
    ...series.flatMap((one) => one.problem() ?? []),
    ...messageProblems(ledger.all, storedMarks(sandbox)),
    ...(await keyProblems(stage)),
    ...(await endingProblems(processes)),
  ];
}

async function runClient(
  random: ReturnType<typeof createRandom>,
  {
    actions,
    processes,
    until,
  }: { actions: readonly (readonly [number, Action])[]; processes: Stage['processes']; until: number },
): Promise<void> {
  const all = actions.reduce((sum, [weight]) => sum + weight, 0);
  const pick = (): ParleyProcess => random.pick(processes);
  while (performance.now() < until) {
    let at = random.between(1, all);
    const [, action] = actions.find(([weight]) => (at -= weight) <= 0)!;
    await action(random, pick);
  }
}

async function sampleUntil(until: number, series: readonly Series[], progress: () => string): Promise<void> {
  const startedAt = performance.now();
  for (let count = 0; performance.now() < until; count += 1) {
    await Promise.all(series.map((one) => one.take()));
    if (process.stdout.isTTY || count % 15 === 0)
      print(`${Math.round((performance.now() - startedAt) / 1_000)} s: ${progress()}`);
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_EVERY));
  }
}

/** No message is there twice, none that was told to be sent is missing, and none is there that was told not to be. */
function messageProblems(
  all: ReturnType<typeof createLedger>['all'],
  stored: ReadonlyMap<string, number>,
): string[] {
  return all.flatMap(({ provider, mark, state, lost }) => {
    const count = stored.get(mark) ?? 0;
    if (count > 1) return [`${provider}, ${mark}: is there ${count} times`];
    if ((state === 'sent' || state === 'queued') && count === 0)
      return [`${provider}, ${mark}: was sent, and is not there`];
    if (state === 'refused' && count > 0 && lost === 0)
      return [`${provider}, ${mark}: was refused, and is there`];
    if (state === 'unknown' && provider !== 'pact') return [`${provider}, ${mark}: is still in doubt`];
    return [];
  });
}

/** Everything in Redis ends by itself. */
async function keyProblems({ redis }: Stage): Promise<string[]> {
  const client = new Redis(redis.url);
  try {
    const problems: string[] = [];
    let keys = 0;
    for await (const page of client.scanStream({ count: 500 })) {
      for (const key of page as string[]) {
        keys += 1;
        if (!key.startsWith('parley:')) problems.push('a key in Redis without the prefix');
        if ((await client.pttl(key)) <= 0) problems.push('a key in Redis without a time to live');
      }
    }
    print(`Redis: ${keys} keys`);
    return [...new Set(problems)];
  } finally {
    await client.quit();
  }
}

/** Stopped with traffic in flight, a process ends well, leaves no file, and has said nothing that it should not have. */
async function endingProblems(processes: Stage['processes']): Promise<string[]> {
  const problems: string[] = [];
  for (const one of processes) {
    const last = Array.from({ length: 10 }, () =>
      fetch(`${one.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          query: '{ conversations(first: 5) { nodes { title messages(last: 1) { nodes { id } } } } }',
        }),
      }).then(
        (response) => response.text(),
        () => undefined,
      ),
    );
    one.stop();
    await Promise.all(last);
    const { code, stderr } = await one.run.ended;
    if (code !== 0) problems.push(`the ${one.name} process ended with ${String(code)}`);
    const left = readdirSync(one.temporary).filter((name) => !name.startsWith('node-compile-cache'));
    if (left.length > 0) problems.push(`the ${one.name} process left ${left.join(', ')}`);
    const strange = stderr.split('\n').filter((line) => line !== '' && !isExpected(line));
    if (strange.length > 0)
      problems.push(`the ${one.name} process said: ${strange.slice(0, 3).join(' | ').slice(0, 600)}`);
  }
  return problems;
}

/** Warnings of the log are part of the weather; errors, and whatever is no log line, are not, but for what starts with every Parley. */
function isExpected(line: string): boolean {
  if (line.startsWith('{')) return (JSON.parse(line) as { level: number }).level < 50;
  return /^(Node\.js 20 gets|WARNING: |\(Use `node|.*NodeVersionSupportWarning|versions published|no longer support|More information|\s+at |Please upgrade|$)/.test(
    line,
  );
}

function states(all: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const state of all) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
