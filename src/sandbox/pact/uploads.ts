import type { ServedFile } from '../content/files.ts';
import { KEPT_BYTES, type ReceivedFile } from '../core/multipart.ts';
import type { PactAttachmentRow } from './rows.ts';

/** What v2 is told of a file beside its bytes. Pixels. */
export interface PactFileTraits {
  readonly pushToTalk: boolean;
  readonly width: number | null;
  readonly height: number | null;
}

/** An attachment that was uploaded, whether or not a message carries it. */
export interface PactUploadRow extends Omit<ReceivedFile, 'field'> {
  readonly id: number;
  /** To which alone it can be sent; null of v2, whose uploads go anywhere. */
  readonly conversationId: number | null;
  /** Where it was to be fetched from, when it came as `file_url`: the emulator fetches nothing, so it has no bytes then. */
  readonly sourceUrl: string | null;
  /** Only where v2 was told of any. */
  readonly traits?: PactFileTraits;
  /** The delivery job of v1 that took it; null while it is free. */
  readonly jobId: number | null;
  /** The message that carries it; null until that is in the history. */
  readonly messageId: number | null;
}

/** The uploads of one company. */
export interface PactUploads {
  list(): readonly PactUploadRow[];
  /** Gives it an id and keeps it. */
  add(upload: Omit<PactUploadRow, 'id' | 'jobId' | 'messageId'>): PactUploadRow;
  /** Whether these can go into one message of that conversation: none of another's, all unused, each once. */
  free(conversationId: number, ids: readonly number[]): boolean;
  /** False when one of them is known to be no image; of a file that is somewhere else nobody knows. */
  mayBeImages(ids: readonly number[]): boolean;
  /** Notes who uses them. */
  use(ids: readonly number[], by: Partial<Pick<PactUploadRow, 'jobId' | 'messageId'>>): void;
  /** As attachments of a message, or of none yet. */
  attachments(ids: readonly number[], messageId: number | null): PactAttachmentRow[];
  /** The file at a path of this store, when all of its bytes were kept. */
  served(path: string): ServedFile | undefined;
}

const FOLDER = '/files/pact/uploads';

/** None yet. `baseUrl` is where the emulator serves its files. */
export function createPactUploads(baseUrl: string): PactUploads {
  const rows = new Map<number, PactUploadRow>();

  return {
    list: () => [...rows.values()],

    add(upload) {
      const row: PactUploadRow = { ...upload, id: rows.size + 1, jobId: null, messageId: null };
      rows.set(row.id, row);
      return row;
    },

    free: (conversationId, ids) =>
      new Set(ids).size === ids.length &&
      ids.every((id) => {
        const row = rows.get(id);
        if (row?.jobId !== null || row.messageId !== null) return false;
        return row.conversationId === null || row.conversationId === conversationId;
      }),

    mayBeImages: (ids) =>
      ids.every((id) => {
        const row = rows.get(id);
        return row?.sourceUrl !== null || row.mimeType.startsWith('image/');
      }),

    use(ids, by) {
      for (const id of ids) rows.set(id, { ...rows.get(id)!, ...by });
    },

    attachments: (ids, messageId) => ids.map((id) => attachmentRow(rows.get(id)!, messageId, baseUrl)),

    served(path) {
      const [id] = path.startsWith(`${FOLDER}/`) ? path.slice(FOLDER.length + 1).split('/') : [];
      const row = rows.get(Number(id));
      if (row?.sourceUrl !== null || row.byteSize > KEPT_BYTES) return undefined;
      return { name: row.fileName, type: row.mimeType, size: row.byteSize, bytes: () => row.head };
    },
  };
}

/** v1 documents no shape, so it has the one that v2 documents (pact.md). */
function attachmentRow(row: PactUploadRow, messageId: number | null, baseUrl: string): PactAttachmentRow {
  const { pushToTalk = false, width = null, height = null } = row.traits ?? {};
  const url = row.sourceUrl ?? `${baseUrl}${FOLDER}/${row.id}/${encodeURIComponent(row.fileName)}`;
  return {
    id: row.id,
    message_id: messageId,
    file_name: row.fileName,
    mime_type: row.mimeType,
    size: row.sourceUrl === null ? row.byteSize : null,
    attachment_url: url,
    preview_url: row.mimeType.startsWith('image/') ? url : null,
    aspect_ratio: width !== null && height !== null ? width / height : null,
    data: { ...(width !== null && { width }), ...(height !== null && { height }) },
    push_to_talk: pushToTalk,
  };
}
