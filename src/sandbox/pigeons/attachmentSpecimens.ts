import type { FileStore } from '../content/fileStore.ts';
import type { FileKind, ServedFile } from '../content/files.ts';
import type { PigeonsMessageRow } from './rows.ts';

/** A message's context together with what is attached to it. */
export type MediaSpecimen = Pick<PigeonsMessageRow, 'context' | 'attachments'>;

/** A file as Parley itself would send it: `{url, name, mime_type, size}` (pigeons.md, "Send"). */
export function usualAttachment(store: FileStore, file: ServedFile): unknown {
  return { url: store.urlOf(file), name: file.name, mime_type: file.type, size: file.size };
}

/**
 * Messages of every context type. Attachments are "of free structure" (pigeons.md), so after the usual shape come those that other
 * senders may have chosen: other names, a bare URL, numbers as text, no URL at all, several at once.
 */
export function attachmentSpecimens(store: FileStore): MediaSpecimen[] {
  const kinds: readonly FileKind[] = ['image', 'file', 'audio', 'video'];
  const usual = kinds.flatMap((type) =>
    store.byKind[type].map((file): MediaSpecimen => ({
      context: { text: type === 'image' ? 'Olha só 📷' : '', type },
      attachments: [usualAttachment(store, file)],
    })),
  );
  const [image, second] = store.byKind.image as readonly [ServedFile, ServedFile];
  const url = store.urlOf(image);
  const odd: readonly (readonly [text: string | null, attachments: readonly unknown[] | null])[] = [
    ['só a url', [{ url }]],
    ['outros nomes', [{ file_url: url, filename: image.name, type: image.type }]],
    ['texto em vez de objeto', [url]],
    ['tamanho como texto', [{ url, name: image.name, mime_type: image.type, size: String(image.size) }]],
    ['sem url', [{ id: 77, name: 'perdido.png' }]],
    ['duas', [usualAttachment(store, image), usualAttachment(store, second)]],
    [null, [usualAttachment(store, image)]],
    ['nenhuma', null],
  ];
  return [
    ...usual,
    ...odd.map(([text, attachments]): MediaSpecimen => ({ context: { text, type: 'image' }, attachments })),
  ];
}
