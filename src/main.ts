import { ConfigError, loadConfig } from './config/index.ts';
import { describeStart, warningsAbout } from './banner.ts';
import type { ParleyServer } from './server.ts';
import { createServer } from './server.ts';

/** Milliseconds. */
const SAME_KEYPRESS = 500;

function exitOnSignal(server: ParleyServer): void {
  let askedAt: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (askedAt !== undefined) {
        // Who asks twice does not want to wait. A terminal and npm both pass on one Ctrl-C, though.
        if (Date.now() - askedAt > SAME_KEYPRESS) process.exit(1);
        return;
      }
      askedAt = Date.now();
      server.close().then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`${explain(error)}\n`);
          process.exit(1);
        },
      );
    });
  }
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, message, stack } = error as NodeJS.ErrnoException;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `${message}\nThis machine has no such address to listen on. Check HOST.`;
  }
  if (code === 'EADDRINUSE') {
    const isMetrics = String((error as { port?: number }).port) === process.env['METRICS_PORT'];
    const name = isMetrics ? 'METRICS_PORT' : 'PORT';
    return `${message}\nAnother program listens there. Choose another port: ${name}=${isMetrics ? 9464 : 4001} npm start`;
  }
  return stack ?? message;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

if (Number.parseInt(process.versions.node, 10) < 22) {
  process.stderr.write('Node.js 20 gets no more fixes: Parley runs on it, and better on 24.\n');
}

// Whoever reads no further (`| head`) does not end the server.
process.stdout.on('error', () => undefined);

try {
  const config = loadConfig(process.env);
  const server = await createServer(config);
  const url = await server.listen();
  exitOnSignal(server);
  print(describeStart(server, config, url));
  for (const warning of warningsAbout(config, url, process.env['NODE_ENV']))
    process.stderr.write(`WARNING: ${warning}\n`);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}
