import { attachmentId, uploadId } from '../../messaging/ids.ts';
import type { AttachmentResolvers } from '../../generated/resolvers.ts';
import { lookUpAttachment, parseAnyAttachmentId } from '../lookUp.ts';

export const Attachment: AttachmentResolvers = {
  __resolveReference(reference: object, context, info) {
    const { id } = reference as { id: string };
    return lookUpAttachment(parseAnyAttachmentId(id, 'representations'), { context, info, trusted: true });
  },

  id: ({ message, externalId, place }) =>
    'uploadId' in message
      ? uploadId(message)
      : attachmentId({ message, key: externalId === null ? { place } : { externalId } }),
};
