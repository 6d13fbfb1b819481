import type { Config } from './config/index.ts';
import { ConfigError, loadConfig } from './config/index.ts';
import { FIRST_QUERY } from './graph/exampleOperations.ts';
import type { ParleyServer } from './server.ts';
import { createServer } from './server.ts';

function describe(server: ParleyServer, url: string): string {
  const accounts = server.accounts.map(
    ({ id, name, provider }) => `  ${id.padEnd(12)} ${provider.name.padEnd(9)} ${name}`,
  );
  return [
    '',
    `Parley serves ${accounts.length} account${accounts.length === 1 ? '' : 's'}${server.onSandbox ? ' of its embedded sandbox' : ''}:`,
    ...accounts,
    '',
    `  GraphQL         ${url}/graphql   (open it in a browser for Apollo Sandbox)`,
    `  Health          ${url}/health/live   ${url}/health/ready`,
    '',
    'A first query to paste:',
    '',
    `  curl -s ${url}/graphql -H 'content-type: application/json' \\`,
    `    -d '${JSON.stringify({ query: FIRST_QUERY })}'`,
    '',
    ...(server.onSandbox
      ? ['Connect real accounts: PARLEY_ACCOUNTS=accounts.yaml npm start (see README).']
      : []),
    'Ctrl-C stops.',
    '',
  ].join('\n');
}

/** What whoever runs Parley on real accounts should know of their configuration. */
function warningsAbout(config: Config, url: string): string[] {
  if (!config.accounts) return [];
  const isLocal = /^(127\.|::1$|localhost$)/.test(config.host);
  const sendsAddresses = config.accounts.some(({ provider }) => provider === 'pigeons');
  return [
    ...(isLocal ? [] : [OPEN_TO_ALL]),
    ...(config.redis ? [] : [FORGETFUL]),
    ...(sendsAddresses && config.publicUrl === undefined
      ? [
          `PUBLIC_URL is not set: files sent over Pigeons are read from ${url}, which recipients may not reach.`,
        ]
      : []),
  ];
}

const OPEN_TO_ALL =
  'There is no authentication yet. Whoever reaches this address reads everything that the accounts can read, and writes in their name.';

const FORGETFUL =
  'REDIS_URL is not set: idempotency keys are forgotten at a restart, and no other process knows them.';

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
  if (code === 'EADDRINUSE')
    return `${message}\nAnother program listens there. Choose another port: PORT=4001 npm start`;
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
  print(describe(server, url));
  for (const warning of warningsAbout(config, url)) process.stderr.write(`WARNING: ${warning}\n`);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}
