import type { FileStore } from '../content/fileStore.ts';
import type { FileKind } from '../content/files.ts';
import type { Random } from '../content/random.ts';
import type { PactAttachmentRow } from './rows.ts';

const kinds: readonly FileKind[] = ['image', 'file', 'audio', 'video', 'image'];

/**
 * An attachment inside a message, its kind chosen by `index`. v1 documents no shape for it (pact.md), so one in three has only a
 * few of the fields that v2 names.
 */
export function attachmentRow(store: FileStore, random: Random, index: number): PactAttachmentRow {
  const kind = kinds[index % kinds.length] ?? 'image';
  const file = random.pick(store.byKind[kind]);
  const id = random.between(10_000, 99_999);
  const attachment_url = store.urlOf(file);
  if (index % 6 === 1) return { attachment_url };
  if (index % 6 === 3) return { id, attachment_url, mime_type: null, file_name: null };
  return {
    id,
    message_id: null,
    file_name: file.name,
    mime_type: file.type,
    size: file.size,
    attachment_url,
    preview_url: kind === 'image' ? attachment_url : null,
    aspect_ratio: kind === 'image' ? 1.5 : null,
    data: kind === 'image' ? { width: 120, height: 80 } : {},
    push_to_talk: kind === 'audio',
  };
}
