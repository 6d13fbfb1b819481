import { attachmentId, parseAttachmentId } from '../../messaging/ids.ts';
import type { AttachmentResolvers } from '../../generated/resolvers.ts';
import { lookUpAttachment } from '../lookUp.ts';

export const Attachment: AttachmentResolvers = {
  __resolveReference(reference: object, context, info) {
    const { id } = reference as { id: string };
    return lookUpAttachment(parseAttachmentId(id, 'representations'), { context, info, trusted: true });
  },

  id: ({ message, externalId, place }) =>
    attachmentId({ message, key: externalId === null ? { place } : { externalId } }),
};
