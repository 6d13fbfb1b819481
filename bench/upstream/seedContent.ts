import type { Sandbox } from '../../src/sandbox/index.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Fact, UpstreamContent } from './Upstream.ts';
import { LANES, LENGTHS } from './Upstream.ts';

/** Messages of what is read in W1 and W3, as many as the sandbox's everyday conversations have. */
const EVERYDAY = 36;
/** Of what is read 200 at a time, so that there are more. */
const LONG = 240;
const PAGE = 20;
const LARGE_PAGE = 200;
const LISTED = 10;
const ENTITY_CONVERSATIONS = 5;
const MINUTE = 60_000;
/** Before and behind all conversations of the seed. */
const OLD = Date.UTC(2024, 0, 1);
const NEW = Date.UTC(2026, 9, 1);

type Content = Omit<UpstreamContent, 'urls'>;

/**
 * Adds as many conversations as there are clients at once, so that none asks for what another one is asking for. They are made of the
 * messages of the sandbox's own, attachments included.
 */
export function seedContent(sandbox: Sandbox): Content {
  const { pact, letstalk, pigeons } = sandbox;
  const pactIds = Array.from({ length: LANES }, (_, lane) => addPact(sandbox, EVERYDAY, lane));
  const letstalkIds = Array.from({ length: LANES }, () => addLetstalk(sandbox, LONG));
  const letstalkNamed = letstalk
    .conversations()
    .filter(({ id }) => letstalk.messages(id).length >= PAGE && !letstalkIds.includes(id))
    .slice(0, 5)
    .map(({ id }) => id);
  const growth = {
    pact: LENGTHS.map((length) => String(addPact(sandbox, length, 0))),
    letstalk: LENGTHS.map((length) => String(addLetstalk(sandbox, length))),
    pigeons: LENGTHS.map((length) =>
      // The last of them is in the seed.
      length === 2000
        ? wellKnown.pigeons.long
        : addPigeons(sandbox, length, wellKnown.pigeons.documented, OLD),
    ),
  };
  // A page of Pigeons is the whole conversation, and the seed's newest are not all everyday ones.
  const everyday = pigeons.conversations().filter(({ uuid }) => isEveryday(sandbox, uuid));
  const pigeonsIds = Array.from({ length: LISTED }, (_, index) =>
    addPigeons(sandbox, EVERYDAY, everyday[index % everyday.length]!.uuid, NEW + (LISTED - index) * MINUTE),
  );
  return {
    companyId: pact.companyId,
    pactToken: pact.token,
    letstalkKey: letstalk.agentKey,
    pigeonsKey: pigeons.publicKey,
    pigeonsToken: pigeons.user.token,
    pigeonsUser: pigeons.user.uuid,
    pigeons: pigeonsIds,
    pact: pactIds.map(String),
    letstalk: letstalkIds.map(String),
    letstalkNamed: letstalkNamed.map(String),
    uploads: String(wellKnown.pact.vkontakte),
    entities: pactIds.map((_, lane) =>
      Array.from({ length: ENTITY_CONVERSATIONS }, (_unused, index) => {
        const conversation = pactIds[(lane + index) % LANES]!;
        return {
          conversation: String(conversation),
          messages: lastOfPact(sandbox, conversation, PAGE).map(([id]) => id),
        };
      }),
    ),
    growth,
    last: {
      pact: lastOfPact(sandbox, pactIds[0]!, PAGE),
      letstalk: lastOfLetstalk(sandbox, letstalkIds[0]!, LARGE_PAGE),
      entities: pactIds.slice(0, ENTITY_CONVERSATIONS).flatMap((id) => lastOfPact(sandbox, id, PAGE)),
      lists: [
        ...pact
          .conversations()
          .slice(-LISTED)
          .reverse()
          .map(({ external_id }) => lastOfPact(sandbox, external_id, PAGE)),
        ...pigeonsIds.map((uuid) => lastOfPigeons(sandbox, uuid, PAGE)),
        ...letstalkNamed.map((id) => lastOfLetstalk(sandbox, id, PAGE)),
      ],
    },
  };
}

/** A conversation like one of the seed's everyday ones. */
function addPact({ pact }: Sandbox, length: number, which: number): number {
  const everyday = pact.conversations().filter(({ external_id }) => external_id > wellKnown.pact.attachments);
  const { external_id, ...conversation } = everyday[which % 40]!;
  const rows = pact.messages(external_id);
  const start = Date.parse(conversation.created_at);
  const { external_id: id } = pact.addConversation(conversation);
  for (let place = 0; place < length; place += 1) {
    const { external_id: _other, ...row } = rows[place % rows.length]!;
    pact.addMessage(id, { ...row, created_at: new Date(start + place * MINUTE).toISOString() });
  }
  return id;
}

function addLetstalk({ letstalk }: Sandbox, length: number): number {
  const rows = letstalk.messages(wellKnown.letstalk.documented);
  const { id } = letstalk.addConversation({ issue: 'hola' });
  for (let place = 0; place < length; place += 1) {
    const { content, content_type, person } = rows[place % rows.length]!;
    letstalk.addMessage(id, { content, content_type, person });
  }
  return id;
}

function isEveryday({ pigeons }: Sandbox, uuid: string): boolean {
  const length = pigeons.messages(uuid).length;
  return length >= PAGE && length <= EVERYDAY;
}

/** Made of another one's messages. */
function addPigeons({ pigeons }: Sandbox, length: number, like: string, createdAt: number): string {
  const rows = pigeons.messages(like);
  const { taggable_type, taggable_id, taggable_info, participants } = pigeons
    .conversations()
    .find(({ uuid }) => uuid === like)!;
  const { uuid } = pigeons.addConversation({
    ...{ taggable_type, taggable_id, taggable_info, participants },
    created_at: `${new Date(createdAt).toISOString().slice(0, 19)}+00:00`,
  });
  for (let place = 0; place < length; place += 1) {
    const {
      id: _id,
      message_id: _other,
      conversation_uuid: _place,
      timestamps: _at,
      ...row
    } = rows[place % rows.length]!;
    pigeons.addMessage(uuid, row);
  }
  return uuid;
}

function lastOfPact({ pact }: Sandbox, id: number, count: number): Fact[] {
  return pact
    .messages(id)
    .slice(-count)
    .map(({ external_id, message }) => [String(external_id), message || null]);
}

function lastOfLetstalk({ letstalk }: Sandbox, id: number, count: number): Fact[] {
  return letstalk
    .messages(id)
    .slice(-count)
    .map((row) => [String(row.id), String(row.content) || null]);
}

function lastOfPigeons({ pigeons }: Sandbox, uuid: string, count: number): Fact[] {
  return [...pigeons.messages(uuid)]
    .sort((a, b) => Date.parse(a.timestamps.sent_at) - Date.parse(b.timestamps.sent_at))
    .slice(-count)
    .map(({ message_id, context }) => [message_id, context.text || null]);
}
