import { dialogue, numberedDialogue, type Turn } from '../content/dialogue.ts';
import type { FileStore } from '../content/fileStore.ts';
import { phrasebooks, type Phrasebook } from '../content/phrases.ts';
import { createRandom } from '../content/random.ts';
import { specimens } from '../content/specimens.ts';
import { wellKnown } from '../wellKnown.ts';
import { actionListSpecimens } from './actionLists.ts';
import { letstalkPeople, personIds } from './people.ts';
import type { LetstalkMessageRow } from './rows.ts';
import { createLetstalkState, type LetstalkState } from './state.ts';
import { toLetstalkDate } from './toLetstalkDate.ts';

const ids = wellKnown.letstalk;

// All file types that letstalk.md allows and that people do send.
const fileTypes = [
  'image/png',
  'image/jpeg',
  'application/pdf',
  'text/csv',
  'audio/mp3',
  'video/mp4',
  'application/msword',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/octet-stream',
];

/** An organisation that looks like life: 22 conversations of four clients with two agents, the same on every run. */
export function seedLetstalk(store: FileStore, defaultAvatar: string): LetstalkState {
  const state = createLetstalkState(letstalkPeople(defaultAvatar, store.avatar));
  documented(state);
  everyday(state);
  special(state);
  return state;
}

/** The conversations and messages of the founding page, with their ids, texts and times. */
function documented(state: LetstalkState): void {
  state.addConversation({
    id: ids.second,
    issue: 'Molecular Disruption Device',
    metadata: { source: 'web' },
  });
  state.addConversation({
    id: ids.documented,
    issue: 'hola',
    metadata: { campaign: 'primavera', items: [1, 2] },
  });
  const at = (day: string, time: string): string => `2019-10-${day}T${time}.000+0000`;
  state.addMessage(ids.second, {
    id: 32478646,
    content: 'Quiero comprar un Molecular Disruption Device',
    remote_id: 'a55ac7b8-bca7-4ab3-a2e0-e0579fa21cea',
    created_at: at('04', '14:37:22'),
  });
  state.addMessage(ids.documented, { id: 32496705, content: 'hola', created_at: at('04', '17:09:40') });
  state.addMessage(ids.documented, {
    ...{ id: 32505934, content: 'sd', created_at: at('04', '19:02:58') },
    remote_id: '6aa8e7f3-389f-4117-a303-c631b3c4f27f',
  });
  state.addMessage(ids.documented, {
    ...{ id: 32506061, content: 'kk', created_at: at('04', '19:04:32') },
    remote_id: 'ef55489a-cb1f-4bc4-8f91-23d201865670',
  });
}

function everyday(state: LetstalkState): void {
  const random = createRandom(1483229);
  const chats: (readonly [id: number, turns: Turn[]])[] = [];
  for (const [index, id] of [ids.documented, ids.second, ids.closed].entries()) {
    chats.push([id, dialogue(random, book('es'), 34 + index, Date.UTC(2025, 2 + index, 4, 13))]);
  }
  state.addConversation({ id: ids.closed, issue: 'Cambio de talla', metadata: {} });
  state.addConversation({
    id: ids.ofAnotherClient,
    issue: null,
    client_id: personIds.clientWithTheAgentsNumber,
  });
  chats.push([ids.ofAnotherClient, dialogue(random, book('en'), 12, Date.UTC(2025, 9, 1))]);
  for (const [index, other] of phrasebooks.entries()) {
    const id = 1500020 + index;
    const client = state.people.clients[index % state.people.clients.length];
    state.addConversation({
      id,
      issue: other.lines[0]?.replaceAll('{n}', String(id)) ?? null,
      client_id: client?.id ?? personIds.client,
    });
    chats.push([id, dialogue(random, other, random.between(8, 30), Date.UTC(2025, 4 + index, 2, 10))]);
  }
  for (const [id, turns] of chats) for (const turn of turns) write(state, id, turn);
  const closedAt = toLetstalkDate(Date.UTC(2025, 11, 24, 18));
  state.addMessage(ids.closed, {
    type: 'SYSTEM',
    content: 'closed',
    person: null,
    created_at: closedAt,
    remote_id: null,
  });
}

function special(state: LetstalkState): void {
  const at = Date.UTC(2026, 1, 2, 9);
  const minute = (index: number): string => toLetstalkDate(at + index * 60_000);
  const open = (id: number, issue: string): number => state.addConversation({ id, issue }).id;

  open(ids.empty, 'Sin mensajes todavía');
  open(ids.long, 'Sala de máquinas');
  for (const turn of numberedDialogue(book('es'), 2000, Date.UTC(2025, 8, 1, 6)))
    write(state, ids.long, turn);

  open(ids.sameTime, 'Sensor 12');
  for (let index = 1; index <= 12; index += 1) {
    write(state, ids.sameTime, { inbound: index % 2 > 0, text: `Lectura ${index} de 12`, at });
  }

  open(ids.actionLists, 'Menú');
  for (const [index, specimen] of actionListSpecimens().entries()) {
    state.addMessage(ids.actionLists, { ...specimen, person: agent(state, 0), created_at: minute(index) });
  }

  open(ids.internalNotes, 'Reclamo');
  for (const [index, turn] of dialogue(createRandom(6), book('es'), 12, at).entries()) {
    write(state, ids.internalNotes, turn);
    if (index % 4 === 1)
      write(
        state,
        ids.internalNotes,
        { ...turn, inbound: false, text: 'Ojo: cliente VIP, no prometer fechas' },
        { internal: true },
      );
  }

  open(ids.files, 'Documentos');
  for (const [index, content_type] of fileTypes.entries()) {
    const person = index % 2 ? agent(state, 1) : state.people.author(personIds.client);
    state.addMessage(ids.files, { content: 'attachment', content_type, person, created_at: minute(index) });
  }

  open(ids.specimens, '✨ 👩🏽‍🚀 ¿y esto?');
  for (const [index, text] of specimens.entries()) {
    write(
      state,
      ids.specimens,
      { inbound: index % 3 > 0, text, at: at + index * 61_000 },
      index === 0 ? { subject: 'Emoji' } : {},
    );
  }
}

function write(state: LetstalkState, id: number, turn: Turn, more: Partial<LetstalkMessageRow> = {}): void {
  const created_at = toLetstalkDate(turn.at);
  // Without `person` the state takes the conversation's client.
  const person = turn.inbound ? {} : { person: agent(state, (turn.at / 1000) % 5 === 0 ? 1 : 0) };
  state.addMessage(id, { content: turn.text, created_at, ...person, ...more });
}

function agent(state: LetstalkState, index: number): LetstalkMessageRow['person'] {
  return state.people.agents[index] ?? null;
}

function book(language: string): Phrasebook {
  return phrasebooks.find((other) => other.language === language) ?? phrasebooks[0]!;
}
