import { dialogue, numberedDialogue, type Turn } from '../content/dialogue.ts';
import type { FileStore } from '../content/fileStore.ts';
import { phrasebooks } from '../content/phrases.ts';
import { createRandom, type Random } from '../content/random.ts';
import { specimens } from '../content/specimens.ts';
import { wellKnown } from '../wellKnown.ts';
import { attachmentSpecimens, usualAttachment } from './attachmentSpecimens.ts';
import type { PigeonsConversationRow, PigeonsMessageRow, PigeonsPersonRow, PigeonsUser } from './rows.ts';
import { createPigeonsState, participantRow, type PigeonsState } from './state.ts';
import { toPigeonsDate } from './toPigeonsDate.ts';
import { pigeonsUsers } from './users.ts';

const ids = wellKnown.pigeons;

const devices: readonly PigeonsMessageRow['device'][] = [
  { type: 'mobile', os: 'Android', os_version: '14', app_version: '1.0.0', model: 'Samsung Galaxy S23' },
  { type: 'mobile', os: 'iOS', os_version: '18.2', app_version: '1.4.1', model: 'iPhone 15' },
  { type: 'web', os: 'Linux', browser: 'Firefox', browser_version: '140' },
  [],
  null,
];

/** A platform that looks like life: 20 conversations of fourteen users, the same on every run. */
export function seedPigeons(store: FileStore, publicKey: string): PigeonsState {
  const random = createRandom(770);
  const state = createPigeonsState(pigeonsUsers(store.avatar), publicKey);
  documented(state, random);
  for (let index = 2; index < state.users.length; index += 1) everyday(state, store, random, index);
  special(state, store, random);
  return state;
}

/** The founding page's conversation and message; then it goes on. */
function documented(state: PigeonsState, random: Random): void {
  const [me, john] = pair(state, 1);
  open(state, ids.documented, [me, john], Date.UTC(2025, 10, 1, 8), {
    taggable_type: 'App\\Models\\Article',
    taggable_id: 123,
    taggable_info: { id: 123, title: 'Article Title' },
  });
  state.addMessage(ids.documented, {
    message_id: ids.documentedMessage,
    id: ids.documentedMessage,
    sender: person(john),
    receiver: person(me),
    context: { text: 'Hello, how are you?', type: 'text' },
    reactions: [{ user_uuid: me.uuid, emoji: '👍', created_at: '2025-11-02T10:35:00+00:00' }],
    status: { sent: true, delivered: true, read: true },
    timestamps: {
      sent_at: '2025-11-02T10:30:00+00:00',
      delivered_at: '2025-11-02T10:30:05+00:00',
      read_at: '2025-11-02T10:31:00+00:00',
    },
    device: devices[0] ?? null,
  });
  for (const turn of dialogue(random, phrasebooks[0]!, 28, Date.UTC(2025, 10, 2, 11))) {
    write(state, random, ids.documented, [me, john], turn);
  }
}

function everyday(state: PigeonsState, store: FileStore, random: Random, index: number): void {
  const two = pair(state, index);
  const uuid = random.uuid();
  const start = Date.UTC(2025, 2 + index, 3, 9, index);
  const tagged = { taggable_type: 'App\\Models\\Order', taggable_id: 900 + index };
  open(
    state,
    uuid,
    two,
    start,
    [
      { ...tagged, taggable_info: { id: 900 + index, title: `Pedido nº ${900 + index}` } },
      { ...tagged, taggable_info: [] },
      { taggable_id: undefined, taggable_info: undefined },
    ][index % 3] as Partial<PigeonsConversationRow>,
  );
  const book = phrasebooks[(index - 1) % phrasebooks.length]!;
  const turns = dialogue(random, book, random.between(25, 36), start + 60_000);
  for (const [place, turn] of turns.entries()) {
    const media = place % 11 === 6 && mediaOf(store, random);
    // The end of every third conversation has not been read yet.
    const read = index % 3 > 0 || place < turns.length - 4;
    write(state, random, uuid, two, turn, { ...media, ...(read ? {} : unread(turn)) });
  }
}

function special(state: PigeonsState, store: FileStore, random: Random): void {
  // Older than the everyday ones: a list, newest first, begins with what looks like life.
  const at = Date.UTC(2025, 1, 6, 9);
  const [me, john] = pair(state, 1);
  const two = pair(state, 4);
  const chats: (readonly [uuid: string, people: readonly PigeonsUser[], turns: readonly Turn[]])[] = [
    [ids.long, pair(state, 9), numberedDialogue(phrasebooks[2]!, 2000, Date.UTC(2025, 8, 1, 6))],
    [
      ids.sameTime,
      pair(state, 13),
      Array.from({ length: 12 }, (_, n) => ({ inbound: n % 2 > 0, text: `Leitura ${n + 1} de 12`, at })),
    ],
    [
      ids.specimens,
      pair(state, 12),
      specimens.map((text, n) => ({ inbound: n % 3 > 0, text, at: at + n * 61_000 })),
    ],
    [ids.archived, two, dialogue(random, phrasebooks[4]!, 10, Date.UTC(2025, 3, 1))],
    [ids.ofOthers, [john, pair(state, 2)[1]], dialogue(random, phrasebooks[1]!, 10, at)],
  ];
  for (const [uuid, people, turns] of chats) {
    open(
      state,
      uuid,
      people,
      (turns[0]?.at ?? at) - 1000,
      uuid === ids.archived ? { is_archived: true } : {},
    );
    for (const turn of turns) write(state, random, uuid, people, turn);
  }

  open(state, ids.attachments, pair(state, 2), at);
  for (const [index, specimen] of attachmentSpecimens(store).entries()) {
    const turn = { inbound: index % 2 === 0, text: '', at: at + index * 90_000 };
    write(state, random, ids.attachments, pair(state, 2), turn, specimen);
  }

  const created_at = toPigeonsDate(at + 86_400_000);
  state.addConversation({
    ...{ uuid: ids.justCreated, created_at, taggable_info: undefined, taggable_id: undefined },
    participants: [me, pair(state, 10)[1]].map(({ uuid, name, email }) => ({ uuid, name, email })),
  });
}

function open(
  state: PigeonsState,
  uuid: string,
  people: readonly PigeonsUser[],
  at: number,
  more: Partial<PigeonsConversationRow> = {},
): void {
  const created_at = toPigeonsDate(at);
  const participants = people.map((user) => participantRow(user, created_at));
  state.addConversation({ uuid, created_at, updated_at: created_at, participants, ...more });
}

function write(
  state: PigeonsState,
  random: Random,
  uuid: string,
  [first, second]: readonly PigeonsUser[],
  turn: Turn,
  more: Partial<PigeonsMessageRow> = {},
): void {
  const [from, to] = turn.inbound ? [second, first] : [first, second];
  const after = (seconds: number): string => toPigeonsDate(turn.at + seconds * 1000);
  state.addMessage(uuid, {
    sender: from ? person(from) : null,
    // Nulls are possible anywhere: now and then it is the receiver.
    receiver: to && !random.chance(0.02) ? person(to) : null,
    context: { text: turn.text, type: 'text' },
    metadata: random.chance(0.6) ? [] : random.pick([{}, null, { source: 'app', tags: ['a', 'b'] }]),
    reactions: reactions(random, [first, second], after(300)),
    status: { sent: true, delivered: true, read: true },
    timestamps: { sent_at: after(0), delivered_at: after(3), read_at: after(200) },
    device: random.pick(devices),
    ...more,
  });
}

/** Mostly none; one user may give several different ones (pigeons.md). */
function reactions(
  random: Random,
  people: readonly (PigeonsUser | undefined)[],
  created_at: string,
): PigeonsMessageRow['reactions'] {
  if (!random.chance(0.12)) return random.chance(0.03) ? null : [];
  const user_uuid = random.pick(people)?.uuid ?? '';
  const emoji = random.pick([['👍'], ['❤️', '😂'], ['👨‍👩‍👧‍👦'], ['🙏🏽', '🎉', '🇧🇷']]);
  return emoji.map((one) => ({ user_uuid, emoji: one, created_at }));
}

function mediaOf(store: FileStore, random: Random): Pick<PigeonsMessageRow, 'context' | 'attachments'> {
  const type = random.pick(['image', 'file', 'audio', 'video'] as const);
  return {
    context: { text: type === 'image' ? '📷' : '', type },
    attachments: [usualAttachment(store, random.pick(store.byKind[type]))],
  };
}

/** Delivered or not even that, and with `read_at` null or missing. */
function unread(turn: Turn): Pick<PigeonsMessageRow, 'status' | 'timestamps'> {
  const sent_at = toPigeonsDate(turn.at);
  const delivered = turn.inbound;
  return {
    status: { sent: true, delivered, read: false },
    timestamps: delivered
      ? { sent_at, delivered_at: toPigeonsDate(turn.at + 5000), read_at: null }
      : { sent_at },
  };
}

function pair(state: PigeonsState, index: number): readonly [PigeonsUser, PigeonsUser] {
  return [state.users[0]!, state.users[index]!];
}

function person({ uuid, name, avatar }: PigeonsUser): PigeonsPersonRow {
  return { uuid, name, avatar };
}
