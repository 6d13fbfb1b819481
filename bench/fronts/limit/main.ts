/**
 * The limit: what a program written by hand for exactly these questions takes. The same calls as Parley, the same JSON, and nothing
 * else: no GraphQL, no validation, no authentication, no deadlines, no logs.
 */
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import type { UpstreamContent } from '../../upstream/Upstream.ts';
import { laneAccount } from '../lanes.ts';
import {
  idOf,
  toLetstalkConversation,
  toLetstalkPage,
  toPactConversation,
  toPactMessage,
  toPactPage,
  toPigeonsConversation,
  toPigeonsPage,
} from './map.ts';

const PAGE = 20;
const LISTED = 10;

const content = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as UpstreamContent;
const { urls, companyId, pigeonsKey, pigeonsUser } = content;
const pools = {
  pact: new Pool(urls.pact),
  letstalk: new Pool(urls.letstalk),
  pigeons: new Pool(urls.pigeons),
};
const company = `/p1/companies/${companyId}/conversations`;
const pigeonsChat = '/api/v1/pigeons/chat/conversations';

const accounts = Array.from({ length: 100 }, (_, lane) => {
  const pact = laneAccount(content, 'pact', lane);
  const letstalk = laneAccount(content, 'letstalk', lane);
  const pigeons = laneAccount(content, 'pigeons', lane);
  return {
    pact: { id: pact.id, headers: { 'x-private-api-token': pact.secret } },
    letstalk: {
      id: letstalk.id,
      headers: { authorization: `Basic ${Buffer.from(`${letstalk.secret}:X`).toString('base64')}` },
    },
    pigeons: {
      id: pigeons.id,
      headers: { authorization: `Bearer ${pigeons.secret}`, 'x-public-key': pigeonsKey },
    },
  };
});
type Accounts = (typeof accounts)[number];

const work: Readonly<Record<string, (accounts: Accounts, body: any) => Promise<unknown>>> = {
  async '/W1'({ pact }, { conversation }) {
    const messages = await pactPage(pact, conversation);
    return { conversation: { id: idOf('c', pact.id, conversation), messages } };
  },

  async '/W2'({ pact, letstalk, pigeons }, { named }) {
    const [ofPact, ofPigeons, ofLetstalk] = await Promise.all([
      pactList(pact),
      pigeonsList(pigeons),
      Promise.all(named.map((conversation: string) => letstalkConversation(letstalk, conversation, PAGE))),
    ]);
    return {
      pact: { conversations: { nodes: ofPact } },
      pigeons: { conversations: { nodes: ofPigeons } },
      ...Object.fromEntries(ofLetstalk.map((conversation, index) => [`letstalk${index}`, conversation])),
    };
  },

  async '/W3'({ pact }, { groups }) {
    const found = await Promise.all(
      groups.map(async ({ conversation, messages }: any) => {
        const body = await get(
          'pact',
          `${company}/${conversation}/messages?per=100&sort_direction=desc`,
          pact,
        );
        const rows = new Map(body.data.messages.map((row: any) => [String(row.external_id), row]));
        return messages.map((id: string) => toPactMessage(rows.get(id), pact.id, conversation));
      }),
    );
    return { _entities: found.flat() };
  },

  async '/W4'({ letstalk }, { conversation }) {
    const { id, messages } = await letstalkConversation(letstalk, conversation, 200);
    return { conversation: { id, messages } };
  },

  async '/W5'({ letstalk }, { conversation, text, key }) {
    const answer = await pools.letstalk.request({
      method: 'POST',
      path: '/api/v1/messages',
      headers: { ...letstalk.headers, 'content-type': 'application/json' },
      body: JSON.stringify({
        content: text,
        content_type: 'text/plain',
        remote_id: key,
        conversation_id: Number(conversation),
      }),
    });
    const sent: any = await answer.body.json();
    const message = { id: idOf('m', letstalk.id, conversation, sent.id) };
    return { sendMessage: { message, delivery: { state: 'SENT' }, userErrors: [] } };
  },

  async '/pigeons'({ pigeons }, { conversation }) {
    return {
      conversation: {
        id: idOf('c', pigeons.id, conversation),
        messages: await pigeonsPage(pigeons, conversation),
      },
    };
  },

  async '/letstalk'({ letstalk }, { conversation }) {
    const { id, messages } = await letstalkConversation(letstalk, conversation, PAGE);
    return { conversation: { id, messages } };
  },
};

const server = createServer((request, response) => {
  answer(request).then(
    (data) => {
      const body = Buffer.from(JSON.stringify({ data }));
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
        .end(body);
    },
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listens on ${(server.address() as AddressInfo).port}\n`);
});

async function answer(request: IncomingMessage): Promise<unknown> {
  if (request.url === '/W6') return upload(request);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body: any = JSON.parse(Buffer.concat(chunks).toString());
  return work[request.url!]!(accounts[body.lane]!, body);
}

/** The form goes on as it came. */
async function upload(request: IncomingMessage): Promise<unknown> {
  const { pact } = accounts[0]!;
  const answer = await pools.pact.request({
    method: 'POST',
    path: `${company}/${content.uploads}/messages/attachments`,
    headers: { ...pact.headers, 'content-type': request.headers['content-type']! },
    body: request,
  });
  const { data }: any = await answer.body.json();
  return { uploadAttachment: { attachment: { id: data.external_id }, userErrors: [] } };
}

async function pactPage(account: Accounts['pact'], conversation: string | number) {
  const path = `${company}/${conversation}/messages?per=${PAGE}&sort_direction=desc`;
  return toPactPage(await get('pact', path, account), account.id, conversation);
}

async function pactList(account: Accounts['pact']) {
  const { data } = await get('pact', `${company}?per=${LISTED}&sort_direction=desc`, account);
  return Promise.all(
    data.conversations.map(async (row: any) =>
      toPactConversation(row, account.id, await pactPage(account, row.external_id)),
    ),
  );
}

async function letstalkConversation(account: Accounts['letstalk'], conversation: string, size: number) {
  const path = `/api/v1/messages?conversation_id=${conversation}&cursor[amount]=${size + 1}`;
  const rows = await get('letstalk', path, account);
  return toLetstalkConversation(
    rows,
    account.id,
    conversation,
    toLetstalkPage(rows, size, account.id, conversation),
  );
}

async function pigeonsPage(account: Accounts['pigeons'], conversation: string) {
  const body = await get('pigeons', `${pigeonsChat}/${conversation}/messages`, account);
  return toPigeonsPage(body, PAGE, account.id, conversation, pigeonsUser);
}

async function pigeonsList(account: Accounts['pigeons']) {
  const { data } = await get('pigeons', pigeonsChat, account);
  const newest = data.sort((a: any, b: any) => (a.created_at < b.created_at ? 1 : -1)).slice(0, LISTED);
  return Promise.all(
    newest.map(async (row: any) =>
      toPigeonsConversation(row, account.id, await pigeonsPage(account, row.uuid)),
    ),
  );
}

async function get(
  provider: keyof typeof pools,
  path: string,
  { headers }: { headers: Record<string, string> },
): Promise<any> {
  const { body } = await pools[provider].request({ method: 'GET', path, headers });
  return body.json();
}
