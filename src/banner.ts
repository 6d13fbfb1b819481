import type { Config } from './config/index.ts';
import { FIRST_QUERY } from './graph/exampleOperations.ts';
import { isLoopback } from './isLoopback.ts';
import type { ParleyServer } from './server.ts';

/** What is printed once a server listens. */
export function describeStart(server: ParleyServer, config: Config, url: string): string {
  const { auth, explorer, persistedOperations, accounts: configured } = config;
  const accounts = server.accounts.map(
    ({ id, name, provider }) => `  ${id.padEnd(12)} ${provider.name.padEnd(9)} ${name}`,
  );
  return [
    '',
    `Parley serves ${accounts.length} account${accounts.length === 1 ? '' : 's'}${server.onSandbox ? ' of its embedded sandbox' : ''}:`,
    ...accounts,
    '',
    `  GraphQL         ${url}/graphql${EXPLORED_BY[persistedOperations.kind === 'safelist' ? 'off' : explorer]}`,
    `  Health          ${url}/health/live   ${url}/health/ready`,
    ...(server.metricsUrl === undefined ? [] : [`  Metrics         ${server.metricsUrl}`]),
    `  Callers         ${describeCallers(auth)}`,
    '',
    ...firstQuery(config, url),
    ...(configured === undefined && auth.open
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

/** A query to paste, where there is one that a caller can ask by hand. */
function firstQuery({ auth, persistedOperations }: Config, url: string): string[] {
  const credentials = auth.clients ? 'x-api-key: …' : auth.jwt ? 'authorization: Bearer …' : undefined;
  if (persistedOperations.kind === 'safelist' || (!auth.open && credentials === undefined)) return [];
  return [
    'A first query to paste:',
    '',
    `  curl -s ${url}/graphql -H 'content-type: application/json' \\`,
    ...(credentials === undefined ? [] : [`    -H '${credentials}' \\`]),
    `    -d '${JSON.stringify({ query: FIRST_QUERY })}'`,
    '',
  ];
}

function describeCallers({ jwt, clients, router }: Config['auth']): string {
  const ways = [
    ...(jwt ? ['a JWT'] : []),
    ...(clients ? [`an API key (${clients.length} client${clients.length === 1 ? '' : 's'})`] : []),
    ...(router ? ['an authenticated router'] : []),
  ];
  return ways.length === 0 ? 'everybody, without authentication' : `whoever shows ${ways.join(', or ')}`;
}

/** What whoever runs Parley should know of their configuration. */
export function warningsAbout(config: Config, url: string, nodeEnv = ''): string[] {
  const warnings = [...warningsAboutProduction(config, nodeEnv), ...warningsAboutAuth(config.auth)];
  if (!config.accounts) return warnings;
  const sendsAddresses = config.accounts.some(({ provider }) => provider === 'pigeons');
  return [
    ...(config.auth.open ? [OPEN_TO_ALL] : []),
    ...warnings,
    ...(config.redis ? [] : [FORGETFUL]),
    ...(sendsAddresses && config.publicUrl === undefined
      ? [
          `PUBLIC_URL is not set: files sent over Pigeons are read from ${url}, which recipients may not reach.`,
        ]
      : []),
  ];
}

function warningsAboutProduction({ production, accounts }: Config, nodeEnv: string): string[] {
  if (production && !accounts)
    return ['This is production, and the accounts are those of the sandbox: PARLEY_ACCOUNTS is not set.'];
  // Written otherwise, it switches nothing off, which whoever wrote it does not expect.
  return /^prod/i.test(nodeEnv) && !production
    ? [`NODE_ENV is "${nodeEnv}", not "production": introspection and the explorer are on.`]
    : [];
}

function warningsAboutAuth({ jwt, router }: Config['auth']): string[] {
  const keys = jwt?.key.kind === 'jwks' ? new URL(jwt.key.url) : undefined;
  return [
    ...(keys?.protocol === 'http:' && !isLoopback(keys.hostname)
      ? ['JWT_JWKS_URL is not https: whoever is on the way can put in keys of their own.']
      : []),
    ...(router?.secrets.length === 0
      ? [
          'A router is known by a header alone: see that nobody reaches Parley but by what ends its TLS, and sets that header.',
        ]
      : []),
  ];
}

const OPEN_TO_ALL =
  'AUTH=none: whoever reaches this address reads everything that the accounts can read, and writes in their name.';

const FORGETFUL =
  'REDIS_URL is not set: idempotency keys are forgotten at a restart, and no other process knows them.';
