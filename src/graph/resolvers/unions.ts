/** Members of a union say in `kind` which type of the schema they are. */
const byKind = { __resolveType: ({ kind }: { readonly kind: string }) => kind };

export const unions = {
  ActionItem: byKind,
  AttachmentDetails: byKind,
  AttachmentMedia: byKind,
  ConversationDetails: byKind,
  MessageContent: byKind,
  MessageDetails: byKind,
  ReactionDetails: byKind,
};
