import type { FastifyInstance } from 'fastify';
import type { MultipartBody } from '../core/multipart.ts';
import { idOf, ok, refuse } from './answers.ts';
import type { PactCompany } from './company.ts';
import { fileElsewhere, type PactFile } from './fileElsewhere.ts';
import { addOutbound } from './jobs.ts';
import { openConversation } from './openConversation.ts';
import { parseSend, parseStart } from './requests.ts';
import { settlingOf, type DeliveryMode } from './settlingOf.ts';

/** What a start answers; pact.md says that it may be either. */
export type StartAnswer = 'conversation' | 'job';

/** What the routes write to. */
export interface PactWriting {
  /** The company, about to be changed. */
  readonly change: () => PactCompany;
  readonly delivery: () => DeliveryMode;
  readonly startAnswer: () => StartAnswer;
}

/** The calls of Pact that change something, and the job by which one sees what became of it. */
export function addPactWriteRoutes(app: FastifyInstance, writing: PactWriting): void {
  const { change, delivery } = writing;
  const company = '/p1/companies/:company';
  const base = `${company}/conversations`;

  addStartRoute(app, base, writing);

  app.post(`${base}/:id/messages`, { config: { sandboxCall: 'sendMessage' } }, (request, reply) => {
    const { state, uploads, jobs } = change();
    const conversation = state.conversation(idOf(request));
    if (!conversation) return refuse(reply, 404);
    const { channel_type, external_id } = conversation;
    const send = request.body instanceof URLSearchParams ? parseSend(request.body, channel_type) : undefined;
    if (!send || !uploads.free(external_id, send.attachmentIds)) return refuse(reply, 400);
    // Other messengers take a text or an attachment too, but pact.md does not name them.
    const captionsImagesOnly = channel_type.startsWith('whatsapp') && send.message !== '';
    if (captionsImagesOnly && !uploads.mayBeImages(send.attachmentIds)) return refuse(reply, 400);
    return ok(jobs.start(conversation, send, settlingOf(delivery(), channel_type)));
  });

  const attachments = { config: { sandboxCall: 'uploadAttachment' } };
  app.post(`${base}/:id/messages/attachments`, attachments, (request, reply) => {
    const conversation = change().state.conversation(idOf(request));
    if (!conversation) return refuse(reply, 404);
    const upload = parseUpload(request.body);
    if (!upload) return refuse(reply, 400);
    const { id } = change().uploads.add({ ...upload, conversationId: conversation.external_id });
    return ok({ external_id: id });
  });

  // A GET, but the second one may settle the job.
  app.get(`${company}/channels/:channel/jobs/:id`, { config: { sandboxCall: 'job' } }, (request, reply) => {
    const job = change().jobs.ask(idOf(request, 'channel'), idOf(request));
    return job ? ok(job) : refuse(reply, 404);
  });
}

function addStartRoute(app: FastifyInstance, path: string, writing: PactWriting): void {
  const { change, delivery, startAnswer } = writing;

  app.post(path, { config: { sandboxCall: 'startConversation' } }, (request, reply) => {
    const start = request.body instanceof URLSearchParams ? parseStart(request.body) : undefined;
    if (!start) return refuse(reply, 400);
    const company = change();
    const { state, jobs } = company;
    const { conversation, isNew } = openConversation(company, start);
    const { external_id, channel_type } = conversation;
    const status = isNew ? 'created' : 'ok';
    if (startAnswer() === 'job') {
      const send = { message: start.text, attachmentIds: [], sendToCrm: true, interactive: null };
      return ok(jobs.start(conversation, send, settlingOf(delivery(), channel_type)), status);
    }
    // At once in every mode: this answer names no job by which it could be awaited.
    addOutbound(company, external_id, start.text);
    return ok({ conversation: state.conversation(external_id) }, status);
  });
}

/** A file, or the address of one; undefined for what is neither, both, or more than that. */
function parseUpload(body: unknown): PactFile | undefined {
  const form = body instanceof URLSearchParams;
  const { fields, files } = form ? { fields: body, files: [] } : ((body ?? nothing) as MultipartBody);
  const [file] = files;
  if (fields.size + files.length !== 1) return undefined;
  if (!file) return fileElsewhere(fields.get('file_url') ?? '');
  const { field, ...rest } = file;
  return field === 'file' ? { ...rest, sourceUrl: null } : undefined;
}

const nothing: MultipartBody = { fields: new URLSearchParams(), files: [] };
