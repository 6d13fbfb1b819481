import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readLine, startProcess } from '../startProcess.ts';
import type { UpstreamContent } from '../upstream/Upstream.ts';
import type { Front } from './Front.ts';
import { laneAccount } from './lanes.ts';

/** What opens it. */
export const API_KEY = 'bench-of-all-fronts-0123456789abcdef';

export interface ParleyOptions {
  readonly content: UpstreamContent;
  readonly folder: string;
  readonly cpu: number | undefined;
  /** How many accounts it has at each provider. */
  readonly lanes: number;
  readonly nodeOptions?: readonly string[];
}

/**
 * The built Parley as in production: who asks is checked, what they do is limited, counted and logged. It may be late, though: 50
 * clients that ask for an inbox each, all the time, are more than one processor can do, and it would refuse some of them.
 */
export async function startParley({
  content,
  folder,
  cpu,
  lanes,
  nodeOptions = [],
}: ParleyOptions): Promise<Front> {
  const accounts = join(folder, `accounts-${lanes}.yaml`);
  writeFileSync(accounts, JSON.stringify(accountsFile(content, lanes)));
  const script = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
  const child = startProcess({
    args: [...nodeOptions, script],
    cpu,
    log: join(folder, 'parley.log'),
    env: {
      ...{
        PARLEY_ACCOUNTS: accounts,
        AUTH: 'api-key',
        NODE_ENV: 'production',
        LOG_LEVEL: 'info',
        METRICS_PORT: '0',
      },
      ...{
        MAX_EVENT_LOOP_DELAY: '1m',
        HOST: '127.0.0.1',
        PORT: '0',
        REDIS_URL: '',
        FILE_FOLDER: join(folder, 'files'),
      },
    },
  });
  const port = Number(await readLine(child, /GraphQL +http:\S+:(\d+)\/graphql/));
  return { name: 'parley', child, port };
}

function accountsFile(content: UpstreamContent, lanes: number) {
  const { urls, companyId, pigeonsKey, pigeonsUser } = content;
  const accounts = Array.from({ length: lanes }, (_, lane) => {
    const pact = laneAccount(content, 'pact', lane);
    const letstalk = laneAccount(content, 'letstalk', lane);
    const pigeons = laneAccount(content, 'pigeons', lane);
    return [
      { id: pact.id, provider: 'pact', companyId, token: pact.secret, baseUrl: urls.pact },
      {
        id: letstalk.id,
        provider: 'letstalk',
        apiKey: letstalk.secret,
        role: 'agent',
        baseUrl: urls.letstalk,
      },
      {
        ...{ id: pigeons.id, provider: 'pigeons', publicKey: pigeonsKey, token: pigeons.secret },
        ...{ userUuid: pigeonsUser, baseUrl: urls.pigeons },
      },
    ];
  }).flat();
  const keyHash = `sha256:${createHash('sha256').update(API_KEY).digest('hex')}`;
  const scopes = ['messages:read', 'messages:write'];
  return { accounts, clients: [{ id: 'bench', keyHashes: [keyHash], accounts: '*', scopes }] };
}
