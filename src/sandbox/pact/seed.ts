import { dialogue, numberedDialogue, type Turn } from '../content/dialogue.ts';
import type { Overrides } from '../content/applyOverrides.ts';
import type { FileStore } from '../content/fileStore.ts';
import { phrasebooks } from '../content/phrases.ts';
import { createRandom, type Random } from '../content/random.ts';
import { specimens } from '../content/specimens.ts';
import { wellKnown } from '../wellKnown.ts';
import { attachmentRow } from './attachmentRow.ts';
import type { PactAttachmentRow, PactConversationRow, PactMessageRow } from './rows.ts';
import { createPactState, type PactState } from './state.ts';

const ids = wellKnown.pact;

// The documented channel 381 is WhatsApp's; an avito conversation has no channel here, because it "may be null".
const channels: readonly (readonly [type: string, id: number | null])[] = [
  ['whatsapp', 381],
  ['telegram', 402],
  ['instagram', 407],
  ['vkontakte', 399],
  ['viber', 415],
  ['avito', null],
  ['facebook', 421],
  ['whatsapp_business', 433],
  ['telegram_personal', 440],
];

interface Draft {
  readonly conversationId: number;
  readonly message: Overrides<PactMessageRow> & { readonly created_at: string };
  readonly id?: number;
}

/** A company that looks like life: 46 conversations on nine kinds of channel, some 3,500 messages, the same on every run. */
export function seedPact(store: FileStore): PactState {
  const random = createRandom(154);
  const state = createPactState();
  const drafts: Draft[] = [];
  for (let index = 0; index < 40; index += 1) drafts.push(...everyday(state, store, random, index));
  drafts.push(...special(state, store, random));
  insertByTime(state, random, drafts);
  return state;
}

/** Ids go up with time over all conversations, with gaps: other companies of the provider write too. */
function insertByTime(state: PactState, random: Random, drafts: readonly Draft[]): void {
  let id: number = ids.documentedMessage;
  const ordered = drafts.toSorted((a, b) => compare(a.message.created_at, b.message.created_at));
  for (const draft of ordered) {
    state.addMessage(draft.conversationId, { ...draft.message, external_id: draft.id ?? id });
    if (draft.id === undefined || draft.id === id) id += random.between(1, 4);
  }
}

function everyday(state: PactState, store: FileStore, random: Random, index: number): Draft[] {
  const documented = index === 0;
  const id = documented ? ids.documented : ids.attachments + index;
  const book = phrasebooks[index % phrasebooks.length]!;
  const start = documented ? Date.UTC(2017, 8, 17, 12, 40) : Date.UTC(2025, 1, 3 + index * 9, 8, index);
  addConversation(state, store, random, {
    external_id: id,
    name: random.pick(book.names),
    created_at: new Date(start).toISOString(),
    ...(documented ? { channel_id: 381, channel_type: 'whatsapp' } : channelOf(index)),
  });
  const turns = dialogue(random, book, random.between(26, 44), documented ? Date.UTC(2025, 2, 1) : start);
  const hello: Draft = {
    conversationId: id,
    id: ids.documentedMessage,
    message: {
      message: 'Hello',
      income: false,
      created_at: '2017-09-17T12:44:28.000Z',
      created_at_timestamp: undefined,
    },
  };
  const drafts = turns.map((turn, place) => {
    const attachments = place % 9 === 7 ? [attachmentRow(store, random, place)] : [];
    return draftOf(id, turn, attachments, attachments.length > 0 && random.chance(0.5));
  });
  return documented ? [hello, ...drafts] : drafts;
}

function special(state: PactState, store: FileStore, random: Random): Draft[] {
  const book = phrasebooks[0]!;
  const at = Date.UTC(2026, 3, 20, 9);
  // Created before the everyday ones, whose ids follow: a list, newest first, begins with what looks like life.
  const created = Date.UTC(2025, 0, 20, 9);
  const add = (external_id: number, name: string, at: number, index = 0): void => {
    const created_at = new Date(at).toISOString();
    addConversation(state, store, random, { external_id, name, created_at, ...channelOf(index) });
  };
  add(ids.long, 'Team chat', created);
  state.addConversation({
    ...{
      external_id: ids.empty,
      name: 'Новый контакт',
      created_at: new Date(created + 1).toISOString(),
      ...channelOf(4),
    },
    ...{ last_message_at: 0, last_income_message_at: null },
  });
  add(ids.sameTime, 'Sensor 12', created + 2, 1);
  add(ids.imported, 'Imported from Telegram', created + 3, 8);
  add(ids.specimens, '✨ 𝓛𝓾𝓷𝓪 ✨', created + 4, 2);
  add(ids.attachments, 'Fotos y papeles', created + 5, 3);
  const imported = dialogue(random, phrasebooks[3]!, 30, Date.UTC(2025, 5, 1));
  return [
    ...numberedDialogue(book, 2000, Date.UTC(2025, 8, 1, 6)).map((turn) => draftOf(ids.long, turn)),
    ...Array.from({ length: 12 }, (_, index) =>
      draftOf(ids.sameTime, {
        inbound: index % 2 === 0,
        text: `Reading ${index + 1} of 12`,
        at: Date.UTC(2026, 3, 21),
      }),
    ),
    ...imported.map((turn, index) => ({ ...draftOf(ids.imported, turn), id: 990_000 - index })),
    ...specimens.map((text, index) =>
      draftOf(ids.specimens, { inbound: index % 3 > 0, text, at: at + index * 61_000 }),
    ),
    ...Array.from({ length: 18 }, (_, index) => {
      // Several attachments in one message exist on vkontakte only (pact.md).
      const count = index % 6 === 5 ? 3 : 1;
      const attachments = Array.from({ length: count }, (_unused, place) =>
        attachmentRow(store, random, index + place),
      );
      return draftOf(
        ids.attachments,
        { inbound: index % 2 === 0, text: 'Mira', at: at + index * 47_000 },
        attachments,
        index % 3 > 0,
      );
    }),
  ];
}

function addConversation(
  state: PactState,
  store: FileStore,
  random: Random,
  given: Partial<PactConversationRow>,
): void {
  const id = given.external_id ?? 0;
  state.addConversation({
    avatar: id % 3 === 0 ? '/avatars/original/missing.png' : store.avatar(id),
    sender_external_id: id % 7 === 0 ? null : `7${random.between(9_000_000_000, 9_999_999_999)}`,
    meta: id % 4 === 0 ? { utm_source: 'newsletter', crm_deal: random.between(1, 9999) } : {},
    // The newer fields: on some answers both, on some one, on most none.
    ...(id % 2 === 0 && { last_message_at: 0 }),
    ...(id % 6 === 0 && { last_income_message_at: null }),
    ...given,
  });
}

function channelOf(index: number): { channel_type: string; channel_id: number | null } {
  const [channel_type, channel_id] = channels[index % channels.length]!;
  return { channel_type, channel_id };
}

function draftOf(
  conversationId: number,
  turn: Turn,
  attachments: readonly PactAttachmentRow[] = [],
  mute = false,
): Draft {
  const created_at = new Date(turn.at).toISOString();
  const message = { message: mute ? null : turn.text, income: turn.inbound, created_at, attachments };
  // The founding page shows no `created_at_timestamp`, newer answers do: a third of the rows go without.
  return {
    conversationId,
    message: (turn.at / 60_000) % 3 < 1 ? { ...message, created_at_timestamp: undefined } : message,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
