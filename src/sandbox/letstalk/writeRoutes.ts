import type { FastifyInstance } from 'fastify';
import { afterNewest } from '../core/afterNewest.ts';
import { authorOf, type Access } from './access.ts';
import { idOf, refuse } from './answers.ts';
import type { LetstalkOrganisation } from './organisation.ts';
import { asksToClose, parseMetadata, parseSend, parseStart, type LetstalkSend } from './requests.ts';
import type { LetstalkMessageRow, LetstalkPersonRow } from './rows.ts';
import { toLetstalkDate } from './toLetstalkDate.ts';

/** The calls of Letstalk that change something. `change` gives the organisation that is about to be changed. */
export function addLetstalkWriteRoutes(
  app: FastifyInstance,
  change: () => LetstalkOrganisation,
  access: Access,
): void {
  addMessageRoute(app, change, access);
  addConversationRoutes(app, change, access);
}

function addMessageRoute(
  app: FastifyInstance,
  change: () => LetstalkOrganisation,
  { callerOf, reach }: Access,
): void {
  app.post('/api/v1/messages', { config: { sandboxCall: 'sendMessage' } }, (request, reply) => {
    const send = parseSend(request.body);
    if (!send) return refuse(reply, 400);
    const conversation = reach(request, send.conversation_id);
    if (typeof conversation === 'number') return refuse(reply, conversation);
    const organisation = change();
    const { state, files } = organisation;
    // A closed conversation takes it and stays closed, and a known remote_id is no reason to refuse: letstalk.md says neither.
    const row = write(organisation, send, authorOf(callerOf(request), state));
    if (send.file) files.set(row.id, send.file);
    return reply.code(201).send(sentMessage(row));
  });
}

function addConversationRoutes(
  app: FastifyInstance,
  change: () => LetstalkOrganisation,
  { callerOf, reach }: Access,
): void {
  const conversations = '/api/v1/conversations';

  app.post(conversations, { config: { sandboxCall: 'startConversation' } }, (request, reply) => {
    const caller = callerOf(request);
    if (caller.role !== 'client') return refuse(reply, 403);
    const start = parseStart(request.body);
    if (!start) return refuse(reply, 400);
    const { issue = null, message, metadata = {}, ...rest } = start;
    const organisation = change();
    const { state, written } = organisation;
    const { id } = state.addConversation({ issue, metadata, client_id: caller.id, ...rest });
    written.addConversation(id);
    write(organisation, { ...message, conversation_id: id }, authorOf(caller, state));
    return reply.code(201).send(state.conversation(id));
  });

  app.put(`${conversations}/:id`, { config: { sandboxCall: 'closeConversation' } }, (request, reply) => {
    if (callerOf(request).role !== 'agent') return refuse(reply, 403);
    const conversation = reach(request, idOf(request));
    if (typeof conversation === 'number') return refuse(reply, conversation);
    if (!asksToClose(request.body)) return refuse(reply, 400);
    const organisation = change();
    if (conversation.status === 'Open') close(organisation, conversation.id);
    return organisation.state.conversation(conversation.id);
  });

  app.post(`${conversations}/:id/metadata`, { config: { sandboxCall: 'setMetadata' } }, (request, reply) => {
    const conversation = reach(request, idOf(request));
    if (typeof conversation === 'number') return refuse(reply, conversation);
    const metadata = parseMetadata(request.body);
    if (!metadata) return refuse(reply, 400);
    change().state.setMetadata(conversation.id, metadata);
    return metadata;
  });
}

function write(
  organisation: LetstalkOrganisation,
  { conversation_id, content, content_type, remote_id }: LetstalkSend,
  person: LetstalkPersonRow,
): LetstalkMessageRow {
  return add(organisation, conversation_id, {
    content,
    // The documented answer to a list of actions names another type than its request.
    content_type: content_type === 'actionable/list' ? 'application/json' : content_type,
    remote_id,
    person,
  });
}

function close(organisation: LetstalkOrganisation, id: number): void {
  add(organisation, id, { type: 'SYSTEM', content: 'closed', person: null, remote_id: null });
}

/** Puts a message at the end of a conversation, at the present time. */
function add(
  { state, written }: LetstalkOrganisation,
  conversationId: number,
  message: Partial<LetstalkMessageRow>,
): LetstalkMessageRow {
  const at = afterNewest(state.messages(conversationId).at(-1)?.created_at);
  const row = state.addMessage(conversationId, { ...message, created_at: toLetstalkDate(at) });
  written.addMessage(conversationId, row.id);
  return row;
}

/** A message as the answer to a send: it says nothing of its conversation, and who wrote it in another way than a list. */
function sentMessage(row: LetstalkMessageRow): unknown {
  const { id, content_type, content, replied_on, type, subject, created_at } = row;
  const { conversation_id, remote_id, internal, person } = row;
  return {
    ...{ id, content_type, content, who: person?.type === 'Client' ? 'client' : 'user' },
    ...{ replied_on, mtype: type, subject, created_at, conversation_id, remote_id, internal, type, person },
  };
}
