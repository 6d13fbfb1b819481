import { randomUUID } from 'node:crypto';
import { wellKnown, type Sandbox } from '../../src/sandbox/index.ts';
import { formWithFile } from './ask.ts';

/** The emulators of a sandbox, on one port or on three. */
export type Emulators = Pick<Sandbox, 'pact' | 'letstalk' | 'pigeons'>;

/** One request that would write something. */
export interface WriteRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | URLSearchParams | FormData;
}

/** A call that writes, and how often that has happened. */
export interface Write {
  readonly provider: keyof Emulators;
  readonly call: string;
  /** `padding` makes the body longer by as much, and never invalid. Only where there is room for it. */
  readonly request: (emulators: Emulators, padding?: string) => WriteRequest;
  /** How many of these writes the emulator holds; 0 in the seed. */
  readonly count: (emulators: Emulators) => number;
}

const ids = wellKnown;
const MARK = 'written by a test';
const EMOJI = '🆕';

function toPact({ pact }: Emulators, path: string, body: URLSearchParams | FormData): WriteRequest {
  const url = `${pact.url}/p1/companies/${pact.companyId}/conversations${path}`;
  return { url, method: 'POST', headers: { 'X-Private-Api-Token': pact.token }, body };
}

function toLetstalk(
  { letstalk }: Emulators,
  [method, path]: readonly [string, string],
  body: unknown,
  key = letstalk.agentKey,
): WriteRequest {
  const auth = { Authorization: `Basic ${btoa(`${key}:X`)}` };
  const url = `${letstalk.url}/api/v1${path}`;
  if (body instanceof FormData) return { url, method, headers: auth, body };
  return {
    url,
    method,
    headers: { ...auth, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
}

function toPigeons({ pigeons }: Emulators, method: string, path: string, body?: unknown): WriteRequest {
  const headers = { Authorization: `Bearer ${pigeons.user.token}`, 'X-PUBLIC-KEY': pigeons.publicKey };
  const url = `${pigeons.url}/api/v1/pigeons/chat${path}`;
  if (body === undefined) return { url, method, headers };
  return {
    url,
    method,
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
}

const pactWrites: Write[] = [
  {
    provider: 'pact',
    call: 'sendMessage',
    request: (to, padding = '') =>
      toPact(to, `/${ids.pact.documented}/messages`, new URLSearchParams({ message: MARK + padding })),
    count: ({ pact }) =>
      pact.messages(ids.pact.documented).filter(({ message }) => message?.startsWith(MARK)).length,
  },
  {
    provider: 'pact',
    call: 'uploadAttachment',
    request: (to, padding = '') =>
      toPact(to, `/${ids.pact.documented}/messages/attachments`, formWithFile('file', MARK + padding)),
    count: ({ pact }) => pact.uploads().length,
  },
  {
    provider: 'pact',
    call: 'startConversation',
    request: (to, padding = '') =>
      toPact(
        to,
        '',
        new URLSearchParams({ provider: 'whatsapp', phone: '79250000099', text: MARK + padding }),
      ),
    count: ({ pact }) =>
      pact
        .conversations()
        .filter((row) => row.sender_external_id === '79250000099')
        .flatMap((row) => pact.messages(row.external_id)).length,
  },
];

const letstalkWrites: Write[] = [
  {
    provider: 'letstalk',
    call: 'sendMessage',
    request: (to, padding = '') =>
      toLetstalk(to, ['POST', '/messages'], {
        ...{ content: MARK + padding, content_type: 'text/plain' },
        ...{ conversation_id: ids.letstalk.documented, remote_id: randomUUID() },
      }),
    count: ({ letstalk }) =>
      letstalk.messages(ids.letstalk.documented).filter(({ content }) => String(content).startsWith(MARK))
        .length,
  },
  {
    provider: 'letstalk',
    // The same call, with a file.
    call: 'sendMessage',
    request: (to, padding = '') => {
      const fields = { content: 'attachment', content_type: 'text/csv', remote_id: randomUUID() };
      const conversation_id = String(ids.letstalk.documented);
      return toLetstalk(
        to,
        ['POST', '/messages'],
        formWithFile('media', MARK + padding, { ...fields, conversation_id }),
      );
    },
    count: ({ letstalk }) => letstalk.files().size,
  },
  {
    provider: 'letstalk',
    call: 'startConversation',
    request: (to, padding = '') =>
      toLetstalk(
        to,
        ['POST', '/conversations'],
        {
          ...{ issue: MARK, organization_id: 3 },
          message: { content: MARK + padding, content_type: 'text/plain', remote_id: randomUUID() },
        },
        to.letstalk.clientKey,
      ),
    count: ({ letstalk }) => letstalk.conversations().filter(({ issue }) => issue === MARK).length,
  },
  {
    provider: 'letstalk',
    call: 'closeConversation',
    request: (to) =>
      toLetstalk(to, ['PUT', `/conversations/${ids.letstalk.documented}`], { status: 'Closed' }),
    count: ({ letstalk }) =>
      letstalk.messages(ids.letstalk.documented).filter(({ type }) => type === 'SYSTEM').length,
  },
  {
    provider: 'letstalk',
    call: 'setMetadata',
    request: (to, padding = '') =>
      toLetstalk(to, ['POST', `/conversations/${ids.letstalk.documented}/metadata`], { [MARK]: padding }),
    count: ({ letstalk }) => letstalk.conversations().filter(({ metadata }) => MARK in metadata).length,
  },
];

const pigeonsWrites: Write[] = [
  {
    provider: 'pigeons',
    call: 'sendMessage',
    request: (to, padding = '') =>
      toPigeons(to, 'POST', '/messages', {
        ...{ conversation_uuid: ids.pigeons.documented, receiver_uuid: to.pigeons.users[1]!.uuid },
        ...{ context_text: MARK, context_type: 'text', device: { type: 'web', os: 'Linux' } },
        metadata: { padding },
      }),
    count: ({ pigeons }) =>
      pigeons.messages(ids.pigeons.documented).filter(({ context }) => context.text === MARK).length,
  },
  {
    provider: 'pigeons',
    call: 'startConversation',
    request: (to) =>
      toPigeons(to, 'POST', '/conversations', {
        participant_uuid: to.pigeons.users[3]!.uuid,
        taggable_type: MARK,
      }),
    count: ({ pigeons }) => pigeons.conversations().filter((row) => row.taggable_type === MARK).length,
  },
  {
    provider: 'pigeons',
    call: 'markRead',
    request(to) {
      const unread = to.pigeons.addMessage(ids.pigeons.justCreated, {
        context: { text: MARK, type: 'text' },
      });
      return toPigeons(to, 'PATCH', `/messages/${unread.id}/read`);
    },
    count: ({ pigeons }) =>
      pigeons.messages(ids.pigeons.justCreated).filter(({ status }) => status.read).length,
  },
  {
    provider: 'pigeons',
    call: 'addReaction',
    request: (to) =>
      toPigeons(to, 'POST', `/messages/${ids.pigeons.documentedMessage}/reactions`, { emoji: EMOJI }),
    count: ({ pigeons }) =>
      pigeons
        .messages(ids.pigeons.documented)
        .flatMap(({ reactions }) => reactions ?? [])
        .filter(({ emoji }) => emoji === EMOJI).length,
  },
];

const all = [...pactWrites, ...letstalkWrites, ...pigeonsWrites];

/** Every call of every provider that writes, with a name for each test's title. */
export const writes: readonly (readonly [name: string, write: Write])[] = all.map((write, index) => {
  const again =
    all.findIndex(({ provider, call }) => provider === write.provider && call === write.call) < index;
  return [`${write.provider} ${write.call}${again ? ' (multipart)' : ''}`, write];
});

/** Makes the request as it is. */
export function perform({ url, ...init }: WriteRequest, signal?: AbortSignal): Promise<Response> {
  return fetch(url, { ...init, redirect: 'manual', ...(signal && { signal }) });
}
