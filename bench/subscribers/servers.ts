/** Parley, and what it is compared with, each in a process of its own. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { conversationId } from '../../src/messaging/ids.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';

export interface Server {
  readonly child: ChildProcess;
  /** Of its graph. */
  readonly url: string;
  readonly conversationIds: readonly string[];
  /** Tells of one message in one conversation; resolves once it has been taken. */
  readonly post: (conversation: number, text: string) => Promise<void>;
}

export interface ServerOptions {
  readonly folder: string;
  readonly sandbox: Sandbox;
  /** Pact's own ids of those that are told of. */
  readonly conversations: readonly number[];
  /** How many will subscribe. */
  readonly count: number;
}

const SECRET = 'bench-of-subscribers';

export async function startParley(options: ServerOptions): Promise<Server> {
  const { folder, sandbox, conversations, count } = options;
  const { pact } = sandbox;
  const account = { id: 'sales', provider: 'pact', companyId: pact.companyId, token: pact.token };
  const path = join(folder, 'accounts.yaml');
  writeFileSync(
    path,
    JSON.stringify({ accounts: [{ ...account, baseUrl: pact.url, webhookSecret: SECRET }] }),
  );
  const { child, url } = await start('src/main.ts', {
    ...{ PARLEY_ACCOUNTS: path, AUTH: 'none', LOG_LEVEL: 'error', FILE_FOLDER: join(folder, 'files') },
    MAX_CONNECTIONS: String(2 * count),
    MAX_VIEWER_CONNECTIONS: String(2 * count),
  });
  pact.setWebhook(`${new URL(url).origin}/webhooks/pact/sales/${SECRET}`);
  return {
    ...{ child, url },
    conversationIds: conversations.map((id) =>
      conversationId({ accountId: 'sales', externalId: String(id) }),
    ),
    async post(conversation, message) {
      pact.addMessage(conversations[conversation]!, { message });
      await pact.webhook.settled();
      const status = pact.webhook.delivered().at(-1)?.status;
      if (status !== 200) throw new Error(`Parley has answered a webhook with ${status}`);
    },
  };
}

export async function startPeer({ conversations }: ServerOptions): Promise<Server> {
  const { child, url } = await start('bench/peers/subscriptions.ts', {});
  const conversationIds = conversations.map(String);
  return {
    ...{ child, url, conversationIds },
    async post(conversation, text) {
      const body = JSON.stringify({ conversationId: conversationIds[conversation], text });
      const answer = await fetch(new URL('/emit', url), { method: 'POST', body });
      await answer.arrayBuffer();
    },
  };
}

async function start(script: string, env: Record<string, string>): Promise<Pick<Server, 'child' | 'url'>> {
  const collect = fileURLToPath(new URL('collectOnSignal.ts', import.meta.url));
  const extra = process.env['SERVER_NODE_OPTIONS']?.split(' ') ?? [];
  const child = spawn(
    process.execPath,
    [...extra, '--expose-gc', '--import', 'tsx', '--import', collect, script],
    {
      env: { ...process.env, REDIS_URL: '', PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  for await (const line of createInterface(child.stdout)) {
    const url = /(http:\S+\/graphql)/.exec(line)?.[1];
    if (!url) continue;
    child.stdout.resume();
    return { child, url };
  }
  throw new Error(`${script} has not started`);
}
