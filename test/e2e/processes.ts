import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';

const ROOT = new URL('../..', import.meta.url);

/** A process that a test has started. */
export interface Run {
  readonly child: ChildProcess;
  /** Resolves when standard output has said so much; rejects when the process ends before. */
  readonly said: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** Runs a command in the project's folder, without the settings of whoever runs the tests. */
export function run(command: string, args: readonly string[], env: Record<string, string> = {}): Run {
  const child = spawn(command, args, {
    cwd: ROOT,
    // A group of its own, so that Ctrl-C can be sent as a terminal sends it.
    detached: true,
    env: {
      ...process.env,
      ...{ NODE_OPTIONS: '', NODE_ENV: '' },
      ...{ PARLEY_ACCOUNTS: '', AUTH: '', REDIS_URL: '', HOST: '', PORT: '0' },
      ...env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
  const said = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(stdout);
        if (match) resolve(match);
      };
      child.stdout.on('data', look);
      look();
      void ended.then(() => {
        reject(new Error(`ended without saying ${String(pattern)}: ${stdout}${stderr}`));
      });
    });
  return { child, said, ended };
}

/** Parley as a process of its own. */
export function runParley(env?: Record<string, string>): Run {
  return run(process.execPath, ['--import', 'tsx', 'src/main.ts'], env);
}

/** Where a Parley that was started is reached. */
export async function urlOf({ said }: Run): Promise<string> {
  return (await said(/GraphQL +(http:\S+)\/graphql/))[1]!;
}
