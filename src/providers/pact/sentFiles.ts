import type { PactAttachmentRow } from './wire.ts';

/**
 * Whether a message carries those files. Assumed: where Pact gives an attachment an id, it is the one that its upload was answered
 * with. Without ids, any other file would do: what cannot be told apart is not taken for ours.
 */
export function hasFiles(
  { attachments }: { readonly attachments: readonly PactAttachmentRow[] },
  count: number,
  ids: readonly string[],
): boolean {
  if (attachments.length !== count) return false;
  const carried = new Set(attachments.map(({ id }) => id));
  return ids.length === count && ids.every((id) => carried.has(id));
}
