import { execFile } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** How a command has ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of Node's in a folder, without the settings of whoever runs the tests. */
export function runIn(folder: string, args: readonly string[]): Promise<Ended> {
  // What a worker of Jest's is told is not for another Jest.
  const { JEST_WORKER_ID: _worker, NODE_OPTIONS: _options, NODE_ENV: _env, ...env } = process.env;
  // As npm has it: what is generated is formatted by a program there.
  const PATH = [join(folder, 'node_modules/.bin'), env['PATH']].join(delimiter);
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...args],
      { cwd: folder, env: { ...env, PATH }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
      },
    );
  });
}
