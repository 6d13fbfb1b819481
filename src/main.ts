import type { Config } from './config/index.ts';
import { ConfigError, loadConfig } from './config/index.ts';
import { FIRST_QUERY } from './graph/exampleOperations.ts';
import type { ParleyServer } from './server.ts';
import { createServer } from './server.ts';

function describe(server: ParleyServer, { auth, explorer }: Config, url: string): string {
  const accounts = server.accounts.map(
    ({ id, name, provider }) => `  ${id.padEnd(12)} ${provider.name.padEnd(9)} ${name}`,
  );
  return [
    '',
    `Parley serves ${accounts.length} account${accounts.length === 1 ? '' : 's'}${server.onSandbox ? ' of its embedded sandbox' : ''}:`,
    ...accounts,
    '',
    `  GraphQL         ${url}/graphql${EXPLORED_BY[explorer]}`,
    `  Health          ${url}/health/live   ${url}/health/ready`,
    ...(server.metricsUrl === undefined ? [] : [`  Metrics         ${server.metricsUrl}`]),
    `  Callers         ${describeCallers(auth)}`,
    '',
    'A first query to paste:',
    '',
    `  curl -s ${url}/graphql -H 'content-type: application/json' \\`,
    ...CREDENTIALS.filter(([way]) => auth[way])
      .map(([, header]) => `    -H '${header}' \\`)
      .slice(0, 1),
    `    -d '${JSON.stringify({ query: FIRST_QUERY })}'`,
    '',
    ...(server.onSandbox
      ? ['Connect real accounts: PARLEY_ACCOUNTS=accounts.yaml AUTH=api-key npm start (see README).']
      : []),
    'Ctrl-C stops.',
    '',
  ].join('\n');
}

const EXPLORED_BY = {
  sandbox: '   (open it in a browser for Apollo Sandbox)',
  graphiql: '   (open it in a browser for GraphiQL)',
  off: '',
} as const;

/** How to say who one is, where there are several ways the simplest first. */
const CREDENTIALS = [
  ['clients', 'x-api-key: …'],
  ['jwt', 'authorization: Bearer …'],
  ['router', 'router-authorization: …'],
] as const;

function describeCallers({ jwt, clients, router }: Config['auth']): string {
  const ways = [
    ...(jwt ? ['a JWT'] : []),
    ...(clients ? [`an API key (${clients.length} client${clients.length === 1 ? '' : 's'})`] : []),
    ...(router ? ['an authenticated router'] : []),
  ];
  return ways.length === 0 ? 'everybody, without authentication' : `whoever shows ${ways.join(', or ')}`;
}

/** What whoever runs Parley on real accounts should know of their configuration. */
function warningsAbout(config: Config, url: string): string[] {
  if (!config.accounts) return [];
  const sendsAddresses = config.accounts.some(({ provider }) => provider === 'pigeons');
  return [
    ...(config.auth.open ? [OPEN_TO_ALL] : []),
    ...warningsAboutAuth(config.auth),
    ...(config.redis ? [] : [FORGETFUL]),
    ...(sendsAddresses && config.publicUrl === undefined
      ? [
          `PUBLIC_URL is not set: files sent over Pigeons are read from ${url}, which recipients may not reach.`,
        ]
      : []),
  ];
}

function warningsAboutAuth({ jwt, router }: Config['auth']): string[] {
  const keys = jwt?.key.kind === 'jwks' ? new URL(jwt.key.url) : undefined;
  return [
    ...(keys?.protocol === 'http:' && !LOOPBACK.test(keys.hostname)
      ? ['JWT_JWKS_URL is not https: whoever is on the way can put in keys of their own.']
      : []),
    ...(router && router.secrets.length === 0
      ? [
          'A router is known by a header alone: see that nobody reaches Parley but by what ends its TLS, and sets that header.',
        ]
      : []),
  ];
}

const LOOPBACK = /^(127\.|\[::1\]$|localhost$)/;

const OPEN_TO_ALL =
  'AUTH=none: whoever reaches this address reads everything that the accounts can read, and writes in their name.';

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
  print(describe(server, config, url));
  for (const warning of warningsAbout(config, url)) process.stderr.write(`WARNING: ${warning}\n`);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}
