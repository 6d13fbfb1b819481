import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The folder of Parley's source, and this one. */
export const PARLEY = fileURLToPath(new URL('../../..', import.meta.url));
export const HERE = fileURLToPath(new URL('..', import.meta.url));

export interface ProcessOptions {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What standard output says once it serves. */
  readonly serves: RegExp;
}

export interface RunningProcess {
  readonly name: string;
  /** What `serves` found. */
  readonly found: RegExpExecArray;
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  /** Asks it to end, and waits until it has. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a process and waits until it serves. Throws with what it said when it ends before. */
export async function startProcess({
  name,
  command: [program, ...args],
  folder,
  environment,
  serves,
}: ProcessOptions): Promise<RunningProcess> {
  const child = spawn(program, args, {
    cwd: folder,
    // A group of its own: a terminal's Ctrl-C is for whoever started it, who ends everything in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Without the settings of whoever runs this.
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TMPDIR: process.env['TMPDIR'],
      ...environment,
    },
  });
  // Nothing stays behind when whoever started it is gone.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('close', () => process.off('exit', kill));
  const running = watch(child);
  const found = await Promise.race([running.said(serves), running.ended]);
  if ('output' in found) throw new Error(`${name} ended (${found.code}) before it served:\n${found.output}`);
  const stop = (signal?: NodeJS.Signals) => end(child, running.ended, signal);
  return { name, found, ended: running.ended, stop };
}

function watch(child: ChildProcess): {
  readonly said: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly ended: RunningProcess['ended'];
} {
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      // Only of interest when it ends too early.
      output = `${output}${text}`.slice(-20_000);
      for (const look of listeners) look();
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.once('error', ({ message }) => {
      resolve({ code: null, output: message });
    });
    child.once('close', (code) => {
      resolve({ code, output });
    });
  });
  const said = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve) => {
      const look = () => {
        const match = pattern.exec(output);
        if (!match) return;
        listeners.delete(look);
        resolve(match);
      };
      listeners.add(look);
      look();
    });
  return { said, ended };
}

async function end(
  child: ChildProcess,
  ended: RunningProcess['ended'],
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<void> {
  child.kill(signal);
  const tooLate = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE);
  await ended;
  clearTimeout(tooLate);
}

/** Milliseconds. */
const STOP_DEADLINE = 20_000;
