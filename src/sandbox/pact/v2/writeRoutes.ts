import type { FastifyInstance } from 'fastify';
import { idOf, ok, refuse } from '../answers.ts';
import type { PactCompany } from '../company.ts';
import { addOutbound } from '../jobs.ts';
import { openConversation } from '../openConversation.ts';
import type { PactConversationRow } from '../rows.ts';
import { settlingOf, type DeliveryMode } from '../settlingOf.ts';
import { findConversation, findIn } from './history.ts';
import { parseV2Delete, parseV2Send, parseV2Start, parseV2Update, parseV2Upload } from './requests.ts';
import type { PactV2Content, PactV2Send } from './requests.ts';
import {
  messengerIdOf,
  toAttachmentRow,
  toConversationRow,
  toMessageRow,
  type PactV2MessageRow,
} from './rows.ts';

/** What the routes write to. */
export interface PactV2Writing {
  /** The company, about to be changed. */
  readonly change: () => PactCompany;
  readonly delivery: () => DeliveryMode;
  /** Whether uploads are counted against their limit. */
  readonly uploadLimit: () => boolean;
}

const base = '/api/p2/conversations';

// pact.md: "whatsapp, telegram_personal, max only".
const CAN_DELETE = ['whatsapp', 'telegram_personal', 'max'];

/** The calls of Pact v2 that change something. */
export function addPactV2WriteRoutes(app: FastifyInstance, writing: PactV2Writing): void {
  addSendRoutes(app, writing);
  addUploadRoutes(app, writing);
  const { change } = writing;

  app.put(`${base}/:id`, { config: { sandboxCall: 'v2UpdateConversation' } }, (request, reply) => {
    const company = change();
    const id = idOf(request);
    if (!company.state.conversation(id)) return refuse(reply, 404);
    const update = parseV2Update(request.body);
    // That somebody who is blocked is neither let in again nor archived this way is our assumption.
    const isBlocked = company.facts.conversation(id).operationalState === 'blocked';
    if (!update || (isBlocked && update.operationalState !== undefined)) return refuse(reply, 400);
    const { operational_state, replied_state } = toConversationRow(company, findConversation(company, id));
    const { operationalState = operational_state, repliedState = replied_state } = update;
    // What is so already is no change, and nobody is told of it.
    if (operationalState !== operational_state || repliedState !== replied_state)
      company.changes.conversation(id, update);
    return ok(toConversationRow(company, findConversation(company, id)), 'updated');
  });

  app.delete(`${base}/:id/messages`, { config: { sandboxCall: 'v2DeleteMessages' } }, (request, reply) => {
    const company = change();
    const conversation = company.state.conversation(idOf(request));
    if (!conversation) return refuse(reply, 404);
    const ids = parseV2Delete(request.body);
    if (!ids || !CAN_DELETE.includes(conversation.channel_type)) return refuse(reply, 400);
    // All of them or none, which pact.md does not say.
    if (!ids.every((id) => findIn(company, conversation.external_id, id))) return refuse(reply, 404);
    for (const id of ids) company.changes.bury(id);
    return ok({}, 'deleted');
  });
}

// An attachment that v1 has put into another conversation is not for the first message of one.
const NONE_YET = -1;

function addSendRoutes(app: FastifyInstance, { change, delivery }: PactV2Writing): void {
  app.post(`${base}/:id/messages`, { config: { sandboxCall: 'v2SendMessage' } }, (request, reply) => {
    const company = change();
    const conversation = company.state.conversation(idOf(request));
    if (!conversation) return refuse(reply, 404);
    const send = parseV2Send(request.body);
    if (!send || !isSendable(company, conversation, send)) return refuse(reply, 400);
    if (send.repliedToId !== null && !isMessageOf(company, conversation, send.repliedToId))
      return refuse(reply, 400);
    return ok(sendMessage(company, conversation, send, delivery()), 'created');
  });

  app.post('/api/p2/messages', { config: { sandboxCall: 'v2StartConversation' } }, (request, reply) => {
    const company = change();
    const start = parseV2Start(request.body);
    // Before it is begun: what is refused begins none.
    if (!start || !isSendable(company, { external_id: NONE_YET, channel_type: start.provider }, start))
      return refuse(reply, 400);
    const { conversation } = openConversation(company, start);
    return ok(sendMessage(company, conversation, { ...start, repliedToId: null }, delivery()), 'created');
  });
}

function addUploadRoutes(app: FastifyInstance, { change, uploadLimit }: PactV2Writing): void {
  // pact.md writes it with the slash.
  for (const path of ['/api/p2/attachments/', '/api/p2/attachments']) {
    app.post(path, { config: { sandboxCall: 'v2UploadAttachment' } }, (request, reply) => {
      const { uploads, uploadWindow } = change();
      const file = parseV2Upload(request.body);
      if (!file) return refuse(reply, 400);
      const wait = uploadLimit() ? uploadWindow.take(Date.now()) : 0;
      if (wait > 0) return refuse(reply.header('retry-after', String(Math.ceil(wait / 1000))), 429);
      const { id } = uploads.add({ ...file, conversationId: null });
      return ok(toAttachmentRow(uploads.attachments([id], null)[0]!, null), 'created');
    });
  }
}

/** Whether the messenger takes it, and its attachment is there to be sent. */
function isSendable(
  { uploads }: PactCompany,
  conversation: Pick<PactConversationRow, 'external_id' | 'channel_type'>,
  { text, attachmentIds }: PactV2Content,
): boolean {
  const { external_id, channel_type } = conversation;
  if (!uploads.free(external_id, attachmentIds)) return false;
  // As in v1: WhatsApp has captions of images only, and of other messengers pact.md says nothing.
  return text === '' || !channel_type.startsWith('whatsapp') || uploads.mayBeImages(attachmentIds);
}

function isMessageOf(company: PactCompany, { external_id }: PactConversationRow, name: string): boolean {
  return company.state.messages(external_id).some((row) => messengerIdOf(company, row) === name);
}

/** Takes a message at once, whatever its messenger will say of it. */
function sendMessage(
  company: PactCompany,
  { external_id: conversationId, channel_type }: PactConversationRow,
  { text, attachmentIds, repliedToId }: PactV2Send,
  mode: DeliveryMode,
): PactV2MessageRow {
  const { uploads, delivery } = company;
  const row = addOutbound(company, conversationId, text, {
    attachmentsOf: (messageId) => uploads.attachments(attachmentIds, messageId),
    facts: { status: 'created', externalId: null, repliedToId },
  });
  const id = row.external_id;
  uploads.use(attachmentIds, { messageId: id });
  if (mode === 'sync') delivery.settle(id, 'sent');
  const answer = toMessageRow(company, { conversationId, row, isDeleted: false });
  delivery.start(id, settlingOf(mode, channel_type));
  return answer;
}
