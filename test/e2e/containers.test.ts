import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Ajv } from 'ajv';
import { DCLinter } from 'dclint';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { parse as parseYaml } from 'yaml';
import { environmentSchema } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/index.ts';
import type { S3Server } from '../contract/s3Server.ts';
import { startS3Server } from '../contract/s3Server.ts';
import type { StartedRedis } from '../redis.ts';
import { freePort } from '../freePort.ts';
import { startRedis } from '../redis.ts';
import type { Run } from './processes.ts';
import { run, urlOf } from './processes.ts';

jest.setTimeout(120_000);

const ROOT = new URL('../..', import.meta.url).pathname;
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly networks?: readonly string[];
  readonly network_mode?: string;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly user?: string;
}

interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const parseCompose = (yaml: string) => parseYaml(yaml, { merge: true }) as ComposeFile;
const composeText = read('docker-compose.yml');
const compose = parseCompose(composeText);
const services = Object.entries(compose.services);
const deployment = read('docs/deployment.md');

/** What a person sets before `docker compose up`. */
const SETTINGS: Readonly<Record<string, string>> = {
  ROUTER_SECRET: 'r'.repeat(64),
  JWT_SECRET: 'j'.repeat(64),
  REDIS_PASSWORD: 'p'.repeat(64),
  S3_SECRET_ACCESS_KEY: 's'.repeat(64),
};

/** Fills in `${NAME}`, `${NAME:-default}` and `${NAME:?message}` as the compose specification says. */
function interpolate(text: string, settings = SETTINGS): string {
  return text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, word = '') => {
    if (settings[name]) return settings[name];
    if (kind === '?') throw new Error(`${name}: ${word}`);
    return word;
  });
}

function environmentOf(name: string): Record<string, string> {
  const { environment = {} } = compose.services[name]!;
  return Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, interpolate(value)]));
}

describe('docker-compose.yml', () => {
  // The compose specification's own schema, as the linter brings it along.
  const linter = dirname(createRequire(import.meta.url).resolve('dclint/package.json'));
  const { $schema: _draft07, ...specification } = JSON.parse(
    readFileSync(join(linter, 'schemas/compose.schema.json'), 'utf8'),
  ) as Record<string, unknown>;
  const isCompose = new Ajv({ strict: false, allErrors: true }).compile(specification);

  it('is what the compose specification allows, and so is what the documentation adds to it', () => {
    isCompose(compose);
    expect(isCompose.errors ?? []).toEqual([]);

    const [, override] = /```yaml\n(services:[\s\S]*?)```/.exec(deployment)!;
    isCompose(parseCompose(override!));
    expect(isCompose.errors ?? []).toEqual([]);

    expect(isCompose({ ...compose, services: { parley: { imagine: 'parley' } } })).toBe(false);
  });

  it('has nothing that its linter minds', () => {
    const rules = { 'service-keys-order': 0 } as const;
    const lint = new DCLinter({ rules, quiet: false, debug: false, exclude: [] });
    const [result] = lint.lintFiles([join(ROOT, 'docker-compose.yml')], false);

    expect(result?.messages).toEqual([]);
  });

  it.each(services)('gives %s no more than it needs', (_name, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('refers only to what is there', () => {
    for (const [name, service] of services) {
      const { depends_on = {}, networks, network_mode, volumes = [], build } = service;
      for (const other of Object.keys(depends_on)) expect(Object.keys(compose.services)).toContain(other);
      for (const network of networks ?? []) expect(Object.keys(compose.networks)).toContain(network);
      expect([name, networks !== undefined || network_mode === 'none']).toEqual([name, true]);
      for (const volume of volumes) {
        const [source] = volume.split(':');
        if (source!.startsWith('.'))
          expect([source, existsSync(join(ROOT, source!))]).toEqual([source, true]);
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
      if (build !== undefined) expect(existsSync(join(ROOT, build, 'Dockerfile'))).toBe(true);
    }
  });

  it('waits for health only of what tells it, and for the end only of what ends', () => {
    const hasHealth = ({ healthcheck, build }: Service) =>
      healthcheck !== undefined ||
      (build !== undefined && read(join(build, 'Dockerfile')).includes('HEALTHCHECK'));
    for (const [, { depends_on = {} }] of services) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const service = compose.services[name]!;
        const ends = service.restart === 'no';
        expect([name, condition]).toEqual([
          name,
          ends ? 'service_completed_successfully' : 'service_healthy',
        ]);
        if (!ends) expect([name, hasHealth(service)]).toEqual([name, true]);
      }
    }
  });

  it('lets Redis and the storage be reached by Parley alone, and forget nothing', () => {
    const { redis, storage } = compose.services;
    expect(redis!.networks).toEqual(['inside']);
    expect(storage!.networks).toEqual(['inside']);
    expect(compose.networks['inside']).toEqual({ internal: true });
    const inside = services
      .filter(([, { networks = [] }]) => networks.includes('inside'))
      .map(([name]) => name);
    expect(inside.sort()).toEqual(['bucket', 'parley', 'redis', 'storage']);
    expect(redis!.command!.join(' ')).toMatch(/--maxmemory-policy noeviction --appendonly yes/);
  });

  it('starts with what the documentation says to set, and says what is missing', () => {
    const config = loadConfig({ NODE_ENV: 'production', ...environmentOf('parley') });
    expect(config.auth.router?.secrets).toEqual([SETTINGS['ROUTER_SECRET']]);
    expect(config.auth.jwt?.key).toEqual({ kind: 'secret', secret: SETTINGS['JWT_SECRET'] });
    expect(config.uploads.storage).toMatchObject({ kind: 's3', bucket: 'parley' });
    expect(config.redis?.target).toMatchObject({
      url: expect.stringContaining(SETTINGS['REDIS_PASSWORD']!),
    });

    const exported = deployment.match(/^export .*$/gm)!.join('\n');
    for (const name of Object.keys(SETTINGS)) {
      expect(exported).toContain(`${name}=$(openssl rand -hex 32)`);
      if (name === 'JWT_SECRET') continue;
      expect(() => interpolate(composeText, { ...SETTINGS, [name]: '' })).toThrow(/openssl rand -hex 32/);
    }
  });

  it('tells Parley only variables that it knows, and asks only for variables that are explained', () => {
    const known = Object.keys(environmentSchema.shape);
    for (const name of ['parley', 'bucket']) {
      for (const variable of Object.keys(environmentOf(name))) expect(known).toContain(variable);
    }
    for (const [, variable] of composeText.matchAll(/\$\{(\w+)/g)) {
      expect(deployment).toMatch(new RegExp(`^\\| [^|]*\`${variable!}\``, 'm'));
    }
    // The subgraph, what composes, and the gateway read these.
    const readers = ['crm/main.ts', 'compose.ts', 'gateway.config.ts']
      .map((file) => read(`examples/supergraph/${file}`))
      .join('\n');
    for (const name of ['crm', 'supergraph', 'gateway']) {
      const variables = Object.keys(environmentOf(name)).filter((variable) => variable !== 'NODE_ENV');
      for (const variable of variables) expect(readers).toMatch(new RegExp(`\\b${variable}\\b`));
    }
  });

  it('makes the bucket, and minds nothing where there is one already', async () => {
    const s3 = await startS3Server();
    const [node, ...args] = compose.services['bucket']!.command!;
    expect(node).toBe('node');
    const make = () =>
      run(process.execPath, args, {
        ...environmentOf('bucket'),
        S3_ENDPOINT: s3.endpoint,
        S3_ACCESS_KEY_ID: s3.credentials.accessKeyId,
        S3_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
      }).ended;
    try {
      expect(await make()).toMatchObject({ code: 0 });
      expect(await make()).toMatchObject({ code: 0 });
      expect(
        s3.requests.filter(({ method, url }) => method === 'PUT' && url.startsWith('/parley')),
      ).toHaveLength(2);
    } finally {
      await s3.stop();
    }
  });
});

describe.each(['Dockerfile', 'examples/supergraph/Dockerfile'])('%s', (path) => {
  const text = read(path);
  const context = join(ROOT, dirname(path));
  const dockerfile = DockerfileParser.parse(text);

  it('is valid, and has nothing that its linter minds', () => {
    expect(validate(text)).toEqual([]);
    expect(validate(`${text}RUNN echo\n`)).not.toEqual([]);
  });

  it('copies only what is there and what .dockerignore lets in, which is nothing else', () => {
    const copied = dockerfile
      .getCOPYs()
      .filter((copy) => !copy.getFlags().some((flag) => flag.getName() === 'from'))
      .flatMap((copy) => copy.getArguments().slice(0, -1).map(String))
      .map((source) => source.replace(/^\.\//, ''));
    expect(copied.length).toBeGreaterThan(0);
    for (const source of copied) expect([source, existsSync(join(context, source))]).toEqual([source, true]);

    const rules = readFileSync(join(context, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules).toEqual(['*', ...rules.slice(1).filter((rule) => rule.startsWith('!'))]);
    expect(
      rules
        .slice(1)
        .map((rule) => rule.slice(1))
        .sort(),
    ).toEqual([...new Set(copied)].sort());
  });

  it('runs Node.js 24 as nobody in particular, by a command that gets its signals', () => {
    for (const from of dockerfile.getFROMs()) {
      const image = from.getImage();
      const isStage = dockerfile.getFROMs().some((other) => other.getBuildStage() === image);
      if (!isStage) expect(image).toBe('node:24-slim');
    }
    expect(last('USER')).toBe('node');
    expect(last('STOPSIGNAL')).toBe('SIGTERM');
    expect(last('CMD')).toMatch(/^\["node", /);
    expect(text).toContain('npm ci --omit=dev --ignore-scripts');
  });

  it('sets only variables that are read', () => {
    const known =
      path === 'Dockerfile' ? Object.keys(environmentSchema.shape) : ['NODE_ENV', 'CRM_HOST', 'CRM_PORT'];
    const variables = dockerfile.getENVs().flatMap((env) => env.getProperties().map((one) => one.getName()));
    expect(variables.length).toBeGreaterThan(0);
    for (const variable of variables) expect(known).toContain(variable);
  });

  function last(keyword: string): string | undefined {
    const found = dockerfile.getInstructions().filter((one) => one.getKeyword() === keyword);
    return found.at(-1)?.getRawArgumentsContent() ?? undefined;
  }
});

describe('what the image runs', () => {
  const dockerfile = DockerfileParser.parse(read('Dockerfile'));
  const health = JSON.parse(
    dockerfile
      .getHEALTHCHECKs()[0]!
      .getRawArgumentsContent()!
      .replace(/^[\s\S]*?CMD /, ''),
  ) as string[];
  let image: string;
  let data: string;
  let s3: S3Server;
  const running: Run[] = [];
  let redis: StartedRedis | undefined;

  // Laid out as the last stage of the Dockerfile says: the build, and nothing of the source.
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-image-'));
    image = join(folder, 'app');
    data = join(folder, 'data');
    mkdirSync(image);
    mkdirSync(data);
    const lastStage = dockerfile.getFROMs().at(-1)!.getRange().start.line;
    for (const copy of dockerfile.getCOPYs().filter((one) => one.getRange().start.line > lastStage)) {
      const [source, target] = copy.getArguments().map(String);
      if (source === '/app/dist') build(join(image, 'dist'));
      else if (source === '/app/node_modules')
        symlinkSync(join(ROOT, 'node_modules'), join(image, 'node_modules'));
      else cpSync(join(ROOT, source!), join(image, target === './' ? source! : target!), { recursive: true });
    }
    symlinkSync(data, join(image, 'data'));
    s3 = await startS3Server();
  });
  afterEach(async () => {
    for (const { child, ended } of running.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
    await redis?.stop();
  });
  afterAll(async () => {
    await s3.stop();
    rmSync(dirname(image), { recursive: true, force: true });
  });

  it('answers behind a router with the settings of the compose file, is found healthy, and writes nothing into the image', async () => {
    redis = await startRedis({ args: ['--requirepass', SETTINGS['REDIS_PASSWORD']!] });
    const environment = {
      ...environmentOf('parley'),
      ...{ NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(await freePort()) },
      ...{ S3_ENDPOINT: s3.endpoint, S3_BUCKET: s3.bucket },
      S3_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
      REDIS_URL: redis ? redis.url.replace('//', `//:${SETTINGS['REDIS_PASSWORD']!}@`) : '',
    };
    const before = list(image);
    expect(await inImage(health, environment).ended).toMatchObject({ code: 1 });
    const parley = inImage(['node', 'dist/main.js'], environment);
    const url = await urlOf(parley);
    expect(await inImage(health, environment).ended).toMatchObject({ code: 0 });

    // As the documentation makes one.
    const [, script] = /exec -T parley node --input-type=module --eval '([\s\S]*?)'/.exec(deployment)!;
    const { stdout: token } = await inImage(['node', '--input-type=module', '--eval', script!], environment)
      .ended;
    const ask = async (headers: Record<string, string>) => {
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query: '{ conversations(first: 1) { nodes { account { id } } } }' }),
      });
      return { status: answer.status, body: await answer.json() };
    };
    const router = { 'router-authorization': SETTINGS['ROUTER_SECRET']! };
    expect(await ask({ ...router, authorization: `Bearer ${token.trim()}` })).toMatchObject({
      status: 200,
      body: { data: { conversations: { nodes: [{ account: { id: expect.any(String) } }] } } },
    });
    expect(await ask({})).toMatchObject({ status: 401 });

    const doctor = await inImage(['node', 'bin/parley.js', 'doctor'], environment).ended;
    expect(doctor.stdout).toMatch(/^storage +ok /m);
    if (redis) expect(doctor.stdout).toMatch(/^Redis +ok /m);
    expect(doctor.code).toBe(0);

    parley.child.kill('SIGTERM');
    expect(await parley.ended).toMatchObject({ code: 0 });
    expect(list(image)).toEqual(before);
  });

  it('prints the schema by the command that the compose file runs', async () => {
    const [shell, option, line] = compose.services['schema']!.command!;
    const command = line!.replace('/data/', `${data}/`);
    expect(await inImage([shell!, option!, command], {}).ended).toMatchObject({ code: 0 });

    expect(readFileSync(join(data, 'parley.graphql'), 'utf8')).toContain('type Conversation');
  });

  function inImage(command: readonly string[], environment: Record<string, string>): Run {
    const change = ['-c', 'cd "$1" && shift && exec "$@"', 'sh', image];
    // `node` is whichever runs the tests.
    const started = run('sh', [...change, ...command], {
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      ...environment,
    });
    running.push(started);
    return started;
  }

  function build(folder: string): void {
    const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', folder];
    const { status, stdout } = spawnSync(process.execPath, tsc, { cwd: ROOT, encoding: 'utf8' });
    if (status !== 0) throw new Error(`the build failed: ${stdout}`);
  }

  const list = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
});
