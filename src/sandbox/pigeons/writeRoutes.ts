import type { FastifyInstance, FastifyRequest } from 'fastify';
import { afterNewest } from '../core/afterNewest.ts';
import { refuse, refuseFields } from './answers.ts';
import type { PigeonsPlatform } from './platform.ts';
import { parseReaction, parseSend, parseStart, type PigeonsSend, type PigeonsStart } from './requests.ts';
import type { PigeonsConversationRow, PigeonsMessageRow, PigeonsUser } from './rows.ts';
import type { PigeonsState } from './state.ts';
import { toPigeonsDate } from './toPigeonsDate.ts';

/** What the routes write to, and for whom. */
export interface PigeonsWriting {
  /** The platform, about to be changed. */
  readonly change: () => PigeonsPlatform;
  readonly callerOf: (request: FastifyRequest) => PigeonsUser;
}

const base = '/api/v1/pigeons/chat';

/** The calls of Pigeons that change something. */
export function addPigeonsWriteRoutes(app: FastifyInstance, { change, callerOf }: PigeonsWriting): void {
  app.post(`${base}/conversations`, { config: { sandboxCall: 'startConversation' } }, (request, reply) => {
    const parsed = parseStart(request.body);
    if ('problems' in parsed) return refuseFields(request, reply, parsed.problems);
    const platform = change();
    const { state } = platform;
    const caller = callerOf(request);
    const other = state.users.find(({ uuid }) => uuid === parsed.start.participant_uuid);
    if (!other || other.uuid === caller.uuid)
      return refuseFields(request, reply, { participant_uuid: 'invalid' });
    const data = existing(state, caller, parsed.start) ?? start(platform, [caller, other], parsed.start);
    return reply.code(201).send({ message: 'Conversation created successfully', data });
  });

  app.post(`${base}/messages`, { config: { sandboxCall: 'sendMessage' } }, (request, reply) => {
    const parsed = parseSend(request.body);
    if ('problems' in parsed) return refuseFields(request, reply, parsed.problems);
    const platform = change();
    const { state } = platform;
    const { send } = parsed;
    const caller = callerOf(request);
    const conversation = state.conversation(send.conversation_uuid);
    if (!conversation) return refuse(request, reply, 404);
    if (!takesPart(conversation, caller.uuid)) return refuse(request, reply, 403);
    if (send.receiver_uuid === caller.uuid || !takesPart(conversation, send.receiver_uuid)) {
      return refuseFields(request, reply, { receiver_uuid: 'invalid' });
    }
    const { id: _notHere, ...data } = write(platform, conversation, caller, send);
    return reply.code(201).send({ message: 'Message sent successfully', data });
  });

  addReceiptRoutes(app, { change, callerOf });
}

function addReceiptRoutes(app: FastifyInstance, { change, callerOf }: PigeonsWriting): void {
  app.patch(`${base}/messages/:id/read`, { config: { sandboxCall: 'markRead' } }, (request, reply) => {
    const { state } = change();
    const row = state.message(idOf(request));
    if (!row) return refuse(request, reply, 404, 'noMessage');
    if (row.receiver?.uuid !== callerOf(request).uuid) return refuse(request, reply, 403, 'notReceiver');
    // Idempotent: the first reading counts.
    if (!row.status.read) state.markRead(row.id, toPigeonsDate(afterNewest(row.timestamps.sent_at, 0)));
    return { message: 'Message marked as read' };
  });

  app.post(`${base}/messages/:id/reactions`, { config: { sandboxCall: 'addReaction' } }, (request, reply) => {
    const parsed = parseReaction(request.body);
    if ('problems' in parsed) return refuseFields(request, reply, parsed.problems);
    const { state } = change();
    const { uuid } = callerOf(request);
    const row = state.message(idOf(request));
    if (!row) return refuse(request, reply, 404, 'noMessage');
    if (!takesPart(state.conversation(row.conversation_uuid)!, uuid)) return refuse(request, reply, 403);
    const created_at = toPigeonsDate(Date.now());
    state.addReaction(row.id, { user_uuid: uuid, emoji: parsed.emoji, created_at });
    return { message: 'Reaction added' };
  });
}

/** A conversation of the same two about the same thing. */
function existing(
  state: PigeonsState,
  caller: PigeonsUser,
  { participant_uuid, taggable_type, taggable_id }: PigeonsStart,
): PigeonsConversationRow | undefined {
  return state
    .conversations()
    .find(
      (row) =>
        row.participants.length === 2 &&
        takesPart(row, caller.uuid) &&
        takesPart(row, participant_uuid) &&
        row.taggable_type === (taggable_type ?? null) &&
        (row.taggable_id ?? null) === (taggable_id ?? null),
    );
}

function start(
  { state, written }: PigeonsPlatform,
  people: readonly PigeonsUser[],
  { taggable_type, taggable_id }: PigeonsStart,
): PigeonsConversationRow {
  const row = state.addConversation({
    taggable_type: taggable_type ?? null,
    taggable_id: taggable_id ?? undefined,
    created_at: toPigeonsDate(Date.now()),
    // Of a thing the platform would know the title; the emulator does not.
    taggable_info: taggable_type ? [] : undefined,
    participants: people.map(({ uuid, name, email }) => ({ uuid, name, email })),
  });
  written.addConversation(row.uuid);
  return row;
}

function write(
  { state, written }: PigeonsPlatform,
  conversation: PigeonsConversationRow,
  caller: PigeonsUser,
  send: PigeonsSend,
): PigeonsMessageRow {
  const person = (wanted: string): PigeonsMessageRow['receiver'] => {
    const { uuid, name, avatar } = state.users.find((user) => user.uuid === wanted)!;
    return { uuid, name, avatar };
  };
  const metadata = send.metadata ?? {};
  // Its dates have whole seconds, so the next one is a second later.
  const sent_at = toPigeonsDate(afterNewest(conversation.last_message_at, 1000));
  const row = state.addMessage(conversation.uuid, {
    sender: person(caller.uuid),
    receiver: person(send.receiver_uuid),
    context: { text: send.context_text, type: send.context_type },
    attachments: send.attachments ?? [],
    metadata: Object.keys(metadata).length > 0 ? metadata : [],
    device: send.device,
    status: { sent: true, delivered: false, read: false },
    timestamps: { sent_at, delivered_at: null, read_at: null },
  });
  written.addMessage(conversation.uuid, row.id);
  return row;
}

function takesPart(conversation: PigeonsConversationRow, uuid: string): boolean {
  return conversation.participants.some((participant) => participant.uuid === uuid);
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}
