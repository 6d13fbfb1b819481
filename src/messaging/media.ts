import type { AttachmentMedia } from './provider.ts';

/** What is known of a file beside its type; what its kind has no use for is left out. */
export interface MediaFacts {
  readonly width?: number | null;
  readonly height?: number | null;
  readonly previewUrl?: string | null;
  readonly isVoiceMessage?: boolean | null;
}

/** The kind of file that a MIME type stands for. An unknown type is a plain file: a name's ending proves nothing. */
export function toMedia(mimeType: string | null, facts: MediaFacts = {}): AttachmentMedia {
  const { width = null, height = null, previewUrl = null, isVoiceMessage = null } = facts;
  switch (mimeType?.split('/', 1)[0]?.toLowerCase()) {
    case 'image':
      return { kind: 'ImageMedia', width, height, previewUrl };
    case 'video':
      return { kind: 'VideoMedia', width, height, previewUrl };
    case 'audio':
      return { kind: 'AudioMedia', isVoiceMessage };
    default:
      return { kind: 'FileMedia', previewUrl };
  }
}
