import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { isFree } from './freePort.ts';
import type { Served } from './processes.ts';
import {
  composeInto,
  findRedis,
  startCrmProcess,
  startHiveGateway,
  startObjectStorage,
  startParley,
  startRedis,
} from './processes.ts';
import type { RunningProcess } from './startProcess.ts';

const PORTS = {
  GATEWAY_PORT: { port: 4000, of: 'the gateway' },
  PARLEY_PORT: { port: 4001, of: 'Parley' },
  CRM_PORT: { port: 4002, of: 'the CRM' },
  S3_PORT: { port: 4003, of: 'object storage' },
  REDIS_PORT: { port: 4004, of: 'Redis' },
} as const;
type Ports = Record<keyof typeof PORTS, number>;

const BUCKET = 'parley';

/**
 * The topology of docker-compose.yml as plain processes, until it is told to stop: Redis, object storage, Parley over its sandbox, the
 * CRM, Hive Gateway. Says where everything is, and what to ask first.
 */
export async function runTopology(environment: NodeJS.ProcessEnv): Promise<void> {
  const running: RunningProcess[] = [];
  const interrupted = whenInterrupted();
  const folder = await mkdtemp(join(tmpdir(), 'parley-supergraph-'));
  try {
    const ports = await readPorts(environment);
    await startEverything({
      ports,
      folder,
      redisUrl: environment['REDIS_URL'] || undefined,
      running,
      interrupted,
    });
    if (!interrupted.aborted) await Promise.race([once(interrupted, 'abort'), ...running.map(failWhenEnded)]);
    print('\nStopping.');
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  } finally {
    for (const one of running.toReversed()) await one.stop();
    await rm(folder, { recursive: true, force: true });
  }
  // Nothing is left to wait for but the signals' own handlers.
  process.exit();
}

interface StartOptions {
  readonly ports: Ports;
  readonly folder: string;
  readonly redisUrl: string | undefined;
  /** Takes what has been started, in order. */
  readonly running: RunningProcess[];
  readonly interrupted: AbortSignal;
}

async function startEverything({
  ports,
  folder,
  redisUrl,
  running,
  interrupted,
}: StartOptions): Promise<void> {
  const secrets = { router: secret(), jwt: secret() };
  const parleyUrl = `http://127.0.0.1:${ports.PARLEY_PORT}`;
  const urls: Record<string, string> = redisUrl === undefined ? {} : { Redis: redisUrl };
  const steps: Record<string, () => Promise<Served>> = {
    ...(redisUrl === undefined &&
      (await findRedis()) && { Redis: () => startRedis(ports.REDIS_PORT, folder) }),
    'Object storage': () => startObjectStorage(ports.S3_PORT, folder, BUCKET),
    Parley: () =>
      startParley({
        ...{ PORT: String(ports.PARLEY_PORT), PUBLIC_URL: parleyUrl, LOG_LEVEL: 'error' },
        ...(urls['Redis'] !== undefined && { REDIS_URL: urls['Redis'] }),
        ...{ S3_ENDPOINT: urls['Object storage']!, S3_BUCKET: BUCKET, S3_PATH_STYLE: 'true' },
        ...{ S3_ACCESS_KEY_ID: 'S3RVER', S3_SECRET_ACCESS_KEY: 'S3RVER' },
        ...{ AUTH: 'router,jwt', ROUTER_SECRET: secrets.router },
        ...{ JWT_SECRET: secrets.jwt, JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE },
      }),
    CRM: () => startCrmProcess({ CRM_PORT: String(ports.CRM_PORT), ROUTER_SECRET: secrets.router }),
    Gateway: async () => {
      await composeInto(folder, { PARLEY_URL: `${parleyUrl}/graphql`, CRM_URL: urls['CRM']! });
      const SUPERGRAPH = join(folder, 'supergraph.graphql');
      return startHiveGateway(ports.GATEWAY_PORT, { SUPERGRAPH, ROUTER_SECRET: secrets.router });
    },
  };

  print('Starting:');
  if (redisUrl !== undefined) print(`  ${'Redis'.padEnd(16)}that of REDIS_URL`);
  else if (!steps['Redis'])
    print(`  ${'Redis'.padEnd(16)}none, for want of a redis-server: Parley keeps its keys in memory`);
  for (const [name, start] of Object.entries(steps)) {
    if (interrupted.aborted) return;
    const { process, url } = await start();
    running.push(process);
    urls[name] = url;
    print(`  ${name.padEnd(16)}${url}`);
  }
  print(describe(urls['Gateway']!, await tokenOf(secrets.jwt)));
}

function describe(url: string, token: string): string {
  return [
    '',
    'Ask both subgraphs, as a user who may use every account for the next twelve hours:',
    '',
    `  TOKEN=${token}`,
    '',
    `  curl -s ${url} -H 'content-type: application/json' -H "authorization: Bearer $TOKEN" \\`,
    `    -d '${JSON.stringify({ query: QUERY })}'`,
    '',
    `Or open ${url} in a browser, with the header "authorization". Ctrl-C stops everything.`,
  ].join('\n');
}

const QUERY =
  '{ customers(first: 2) { nodes { name conversations { title messages(last: 2) { nodes { text sentiment } } } } } }';

const ISSUER = 'http://localhost';
const AUDIENCE = 'parley';

function tokenOf(secret: string): Promise<string> {
  return new SignJWT({ parley_accounts: '*', scope: 'messages:read messages:write conversations:write' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('you')
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setExpirationTime('12h')
    .sign(new TextEncoder().encode(secret));
}

function secret(): string {
  return randomBytes(32).toString('hex');
}

async function readPorts(environment: NodeJS.ProcessEnv): Promise<Ports> {
  const ports: Partial<Ports> = {};
  for (const [variable, { port, of }] of Object.entries(PORTS) as [
    keyof Ports,
    (typeof PORTS)[keyof Ports],
  ][]) {
    const given = environment[variable] || String(port);
    if (!/^\d{1,5}$/.test(given) || Number(given) < 1 || Number(given) > 65_535)
      throw new Error(`${variable} must be a port, 1 to 65535.`);
    const wanted = Number(given);
    const other = (Object.keys(ports) as (keyof Ports)[]).find((name) => ports[name] === wanted);
    if (other || !(await isFree(wanted)))
      throw new Error(
        `Port ${wanted}, for ${of}, is taken${other ? ` by ${PORTS[other].of}` : ''}. Choose another: ${variable}=${wanted + 10} npm run supergraph`,
      );
    ports[variable] = wanted;
  }
  return ports as Ports;
}

function whenInterrupted(): AbortSignal {
  const controller = new AbortController();
  let askedAt: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // Who asks twice does not want to wait. A terminal and npm both pass on one Ctrl-C, though.
      if (askedAt !== undefined && Date.now() - askedAt > SAME_KEYPRESS) process.exit(1);
      askedAt ??= Date.now();
      controller.abort();
    });
  }
  return controller.signal;
}

/** Milliseconds. */
const SAME_KEYPRESS = 500;

async function failWhenEnded({ name, ended }: RunningProcess): Promise<never> {
  const { code, output } = await ended;
  throw new Error(`${name} has ended by itself (${code ?? 'killed'}):\n${output}`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
