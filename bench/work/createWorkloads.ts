import { randomBytes, randomUUID } from 'node:crypto';
import { API_KEY } from '../fronts/startParley.ts';
import { laneAccount } from '../fronts/lanes.ts';
import { conversationId, messageId } from '../../src/messaging/ids.ts';
import { toRequest } from '../load/toRequest.ts';
import type { UpstreamContent, UpstreamProvider } from '../upstream/Upstream.ts';
import { FIRST_HELD, LANES, LENGTHS, PROVIDERS } from '../upstream/Upstream.ts';
import * as documents from './documents.ts';
import { factsOfLetstalk, factsOfNodes, factsOfPact, factsOfPigeons } from './facts.ts';
import type { Ask, Workload } from './Workload.ts';

const MEGABYTE = 1024 * 1024;
const TEXT = 'Your order is on its way 🚚';

/** The work that all fronts are given. */
export function createWorkloads(content: UpstreamContent): readonly Workload[] {
  const { last } = content;
  const pactId = (lane: number) => parleyId(content, 'pact', lane, content.pact[lane]!);
  const letstalkId = (lane: number) => parleyId(content, 'letstalk', lane, content.letstalk[lane]!);
  return [
    {
      id: 'W1',
      title: 'the 20 last messages of a Pact conversation',
      calls: 1,
      asks: {
        parley: once((lane) => parley(documents.parleyMessages(20), { id: pactId(lane) })),
        mesh: once((lane) =>
          mesh(documents.MESH_PACT_MESSAGES, { conversation: Number(content.pact[lane]) }),
        ),
        limit: once((lane) => limit('/W1', { lane, conversation: content.pact[lane] })),
      },
      expected: [last.pact],
      told: {
        parley: ({ conversation }) => [factsOfNodes(conversation.messages.nodes)],
        mesh: ({ pact_messages }) => [factsOfPact(pact_messages)],
      },
    },
    inbox(content),
    entities(content),
    {
      id: 'W4',
      title: '200 messages of a Letstalk conversation',
      calls: 1,
      asks: {
        parley: once((lane) => parley(documents.parleyMessages(200), { id: letstalkId(lane) })),
        mesh: once((lane) =>
          mesh(documents.MESH_LETSTALK_MESSAGES, { conversation: Number(content.letstalk[lane]) }),
        ),
        limit: once((lane) => limit('/W4', { lane, conversation: content.letstalk[lane] })),
      },
      expected: [last.letstalk],
      told: {
        parley: ({ conversation }) => [factsOfNodes(conversation.messages.nodes)],
        mesh: ({ letstalk_messages }) => [factsOfLetstalk(letstalk_messages)],
      },
    },
    {
      id: 'W5',
      title: 'a text to a Letstalk conversation',
      calls: 1,
      asks: {
        parley: (lane) =>
          parley(documents.PARLEY_SEND, {
            input: { conversationId: letstalkId(lane), text: TEXT, idempotencyKey: randomUUID() },
          }),
        mesh: (lane) =>
          mesh(documents.MESH_SEND, {
            input: {
              ...{ content: TEXT, content_type: 'text/plain', remote_id: randomUUID() },
              conversation_id: Number(content.letstalk[lane]),
            },
          }),
        limit: (lane) =>
          limit('/W5', { lane, conversation: content.letstalk[lane], text: TEXT, key: randomUUID() }),
      },
    },
    createUpload(content, 10),
  ];
}

/** The 20 last messages of one conversation of each length at each provider. */
export function createGrowth(content: UpstreamContent): readonly (Workload & { readonly length: number })[] {
  const paths = { pact: '/W1', letstalk: '/letstalk', pigeons: '/pigeons' };
  return PROVIDERS.flatMap((provider) =>
    LENGTHS.map((length, index) => {
      const conversation = content.growth[provider][index]!;
      return {
        ...{ id: provider, title: provider, length, calls: 1 },
        asks: {
          parley: once((lane) =>
            parley(documents.parleyMessages(20), { id: parleyId(content, provider, lane, conversation) }),
          ),
          limit: once((lane) => limit(paths[provider], { lane, conversation })),
        },
      };
    }),
  );
}

/** The 20 last messages of one Pact conversation after the other, of as many. */
export function askInTurn(content: UpstreamContent, count: number): Ask {
  const requests = Array.from({ length: count }, (_, index) =>
    parley(documents.parleyMessages(20), {
      id: parleyId(content, 'pact', 0, String(FIRST_HELD + index)),
    }),
  );
  let asked = 0;
  return () => requests[asked++ % count]!;
}

function inbox(content: UpstreamContent): Workload {
  const { letstalkNamed, pigeons, last } = content;
  const named = Object.fromEntries(letstalkNamed.map((id, index) => [`e${index}`, id]));
  const meshVariables = {
    ...Object.fromEntries(pigeons.map((uuid, index) => [`p${index}`, uuid])),
    ...Object.fromEntries(letstalkNamed.map((id, index) => [`e${index}`, Number(id)])),
  };
  return {
    id: 'W2',
    title: '25 conversations of three providers, each with its 20 last messages',
    calls: 27,
    asks: {
      parley: once((lane) =>
        parley(documents.PARLEY_INBOX, {
          ...named,
          pact: laneAccount(content, 'pact', lane).id,
          pigeons: laneAccount(content, 'pigeons', lane).id,
          letstalk: laneAccount(content, 'letstalk', lane).id,
        }),
      ),
      mesh: once(() => mesh(documents.MESH_INBOX, meshVariables)),
      limit: once((lane) => limit('/W2', { lane, named: letstalkNamed })),
    },
    expected: last.lists,
    told: {
      parley: (data) =>
        [
          ...data.pact.conversations.nodes,
          ...data.pigeons.conversations.nodes,
          ...letstalkNamed.map((_, index) => data[`letstalk${index}`]),
        ].map(({ messages }) => factsOfNodes(messages.nodes)),
      mesh: (data) => [
        ...data.pact_conversations.data.conversations.map(({ messages }: any) => factsOfPact(messages)),
        ...pigeons.map((_, index) => factsOfPigeons(data[`pigeons${index}`], 20)),
        ...letstalkNamed.map((_, index) => factsOfLetstalk(data[`letstalk${index}`])),
      ],
    },
  };
}

function entities(content: UpstreamContent): Workload {
  const groups = content.entities[0]!;
  const wanted = new Set(groups.flatMap(({ messages }) => messages));
  const first = content.last.entities;
  return {
    id: 'W3',
    title: '`_entities` of 100 messages in five Pact conversations',
    calls: 5,
    asks: {
      parley: once((lane) => {
        const accountId = laneAccount(content, 'pact', lane).id;
        const representations = content.entities[lane]!.flatMap(({ conversation, messages }) =>
          messages.map((externalId) => ({
            __typename: 'Message',
            id: messageId({ accountId, conversationExternalId: conversation, externalId }),
          })),
        );
        return parley(documents.PARLEY_ENTITIES, { representations });
      }),
      mesh: once((lane) => {
        const ids = content.entities[lane]!.map(({ conversation }, index) => [
          `c${index}`,
          Number(conversation),
        ]);
        return mesh(documents.MESH_ENTITIES, Object.fromEntries(ids));
      }),
      limit: once((lane) => limit('/W3', { lane, groups: content.entities[lane] })),
    },
    expected: [first],
    told: {
      parley: ({ _entities }) => [factsOfNodes(_entities)],
      mesh: (data) => [
        groups.flatMap((_, index) => factsOfPact(data[`c${index}`]).filter(([id]) => wanted.has(id))),
      ],
    },
  };
}

export function createUpload(content: UpstreamContent, megabytes: number): Workload {
  const file = randomBytes(megabytes * MEGABYTE);
  const query = documents.PARLEY_UPLOAD;
  const boundary = `bench${randomUUID()}`;
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  return {
    id: 'W6',
    title: `a file of ${megabytes} MB to a Pact conversation`,
    calls: 1,
    asks: {
      parley: once((lane) => {
        const conversation = parleyId(content, 'pact', lane, content.uploads);
        const variables = { input: { conversationId: conversation, file: null } };
        const body = form(boundary, [
          ['operations', JSON.stringify({ query, variables })],
          ['map', '{"0":["variables.input.file"]}'],
          ['0', file],
        ]);
        return toRequest(
          '/graphql',
          { ...headers, 'x-api-key': API_KEY, 'apollo-require-preflight': 'true' },
          body,
        );
      }, 1),
      limit: once(() => toRequest('/W6', headers, form(boundary, [['file', file]])), 1),
    },
    requests: 6,
  };
}

/** Written once for each lane. */
function once(ask: Ask, lanes = LANES): Ask {
  const written: Buffer[] = [];
  return (lane) => (written[lane % lanes] ??= ask(lane % lanes));
}

function parleyId(
  content: UpstreamContent,
  provider: UpstreamProvider,
  lane: number,
  externalId: string,
): string {
  return conversationId({ accountId: laneAccount(content, provider, lane).id, externalId });
}

const JSON_BODY = { 'content-type': 'application/json' };

function parley(query: string, variables: object): Buffer {
  return toRequest('/graphql', { ...JSON_BODY, 'x-api-key': API_KEY }, JSON.stringify({ query, variables }));
}

function mesh(query: string, variables: object): Buffer {
  return toRequest('/graphql', JSON_BODY, JSON.stringify({ query, variables }));
}

function limit(path: string, body: object): Buffer {
  return toRequest(path, JSON_BODY, JSON.stringify(body));
}

function form(
  boundary: string,
  fields: readonly (readonly [name: string, value: string | Buffer])[],
): Buffer {
  const parts = fields.flatMap(([name, value]) => {
    const isFile = typeof value !== 'string';
    const type = isFile ? '; filename="film.bin"\r\ncontent-type: application/octet-stream' : '';
    return [
      Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"${type}\r\n\r\n`),
      Buffer.from(value),
      Buffer.from('\r\n'),
    ];
  });
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}
