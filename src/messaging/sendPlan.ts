import { v5 as uuidV5 } from 'uuid';
import type { Content, PartContent } from './content.ts';
import { checkLimits, splitContent, textDigest } from './content.ts';
import type { ParleyError } from './errors.ts';
import { InputError, NotFoundError } from './errors.ts';
import type { ConversationRef } from './ids.ts';
import { loadLimits } from './loadLimits.ts';
import type { Plan } from './once.ts';
import type { StartConversation } from './outgoing.ts';
import type { Provider, ReadContext } from './provider.ts';
import type { Account } from './registry.ts';
import type { Unnamed } from './startContent.ts';
import type { PlannedPart } from './tryPart.ts';
import type { Uploads } from './uploads.ts';
import type { UserError } from './userErrors.ts';
import { notFound, toInputError, toUserError } from './userErrors.ts';

/** Whose send it is, of which account, and under which key. */
export interface SendOrigin {
  readonly account: Account;
  readonly viewerId: string;
  readonly key: string;
}

export interface PlanOptions {
  readonly uploads: Uploads;
  /** Milliseconds that a try may take: a message, and one that brings its file along. */
  readonly sendTimeout: number;
  readonly fileSendTimeout: number;
}

/** Ours alone, so that no name of a send meets one of somebody else's making. */
const NAMESPACE = '6f1c3a52-8f0b-4c0e-9a53-2f7f5a6d1e77';

/** The messages that a checked content becomes in its conversation, or what keeps it from becoming any. */
export async function planMessage(
  { account, viewerId, key }: SendOrigin,
  { conversation, content }: { readonly conversation: ConversationRef; readonly content: Content },
  read: ReadContext,
  options: PlanOptions,
): Promise<Plan | readonly UserError[]> {
  const { provider } = account;
  const { attachmentIds } = content;
  const [limits, files] = await Promise.all([
    loadLimits(provider, conversation, read),
    options.uploads.resolve(attachmentIds, conversation, viewerId),
  ]);
  if (!limits) return [notFound('conversationId')];
  if ('errors' in files) return files.errors;
  const problems = checkLimits(content, files.files, limits);
  if (problems.length > 0) return problems;
  const parts = splitContent(content, files.files, limits).map((part, index) => {
    const ids = part.files.map((file) => attachmentIds[files.files.indexOf(file)]!);
    const name = toName(viewerId, account.id, conversation.externalId, key, index);
    // A person answers once, whatever it takes to say it.
    const replyTo = index === 0 ? (content.replyTo?.externalId ?? null) : null;
    return planPart(part, { name, ids, provider, conversation, content, replyTo }, options);
  });
  return {
    record: { viewerId, accountId: account.id, conversationId: conversation.externalId, start: null },
    parts,
  };
}

/** The one message, or none, that a checked start begins with. */
export function planStart(
  { account, viewerId, key }: SendOrigin,
  start: Unnamed<StartConversation>,
  { sendTimeout }: Pick<PlanOptions, 'sendTimeout'>,
): Plan {
  const name = toName(viewerId, account.id, null, key, 0);
  const named: StartConversation = { ...start, name };
  return {
    // The text stays out of the store, as that of any message.
    record: {
      viewerId,
      accountId: account.id,
      conversationId: null,
      start: 'text' in named ? { ...named, text: '' } : named,
    },
    parts: [
      {
        name,
        digest: textDigest('text' in start ? start.text : null),
        fileCount: 0,
        timeout: sendTimeout,
        send: (context) => account.provider.startConversation!(named, context),
        toUserError: (error) => toSendError(error, start.provider.toLowerCase()),
      },
    ],
  };
}

interface PartPlan {
  readonly name: string;
  /** Of the uploads that it carries. */
  readonly ids: readonly string[];
  readonly provider: Provider;
  readonly conversation: ConversationRef;
  readonly content: Content;
  /** The provider's own id of the message that it answers. */
  readonly replyTo: string | null;
}

function planPart(
  part: PartContent,
  { name, ids, provider, conversation, content, replyTo }: PartPlan,
  { uploads, sendTimeout, fileSendTimeout }: PlanOptions,
): PlannedPart {
  const conversationId = conversation.externalId;
  const bringsFile = part.files.length > 0 && !provider.uploadFile;
  return {
    name,
    digest: textDigest(part.text),
    fileCount: part.files.length,
    fileIds: part.files.flatMap(({ externalId }) => externalId ?? []),
    timeout: bringsFile ? fileSendTimeout : sendTimeout,
    async send(context) {
      const message = { ...part, conversationId, name, device: content.device, replyTo };
      return { progress: await provider.sendMessage!(message, context), conversationId };
    },
    ...(ids.length > 0 && {
      prepare: ({ token }) => uploads.hold(ids, token),
      undo: ({ token }) => uploads.letGo(ids, token),
    }),
    toUserError: (error) => toSendError(error, 'conversationId'),
  };
}

/** The name that a part of a send has at the provider: the same whenever, and by whichever process, it is tried. */
function toName(
  viewerId: string,
  accountId: string,
  conversationId: string | null,
  key: string,
  part: number,
): string {
  return uuidV5(JSON.stringify([viewerId, accountId, conversationId, key, part]), NAMESPACE);
}

/** What does not exist is named, and so is what an adapter can't use; all else is about the provider. */
function toSendError(error: ParleyError, field: string): UserError {
  if (error instanceof InputError) return toInputError(error);
  return error instanceof NotFoundError ? notFound(field) : toUserError(error);
}
