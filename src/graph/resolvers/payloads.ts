import type {
  AddReactionPayloadResolvers,
  MarkMessageReadPayloadResolvers,
  SendMessagePayloadResolvers,
  StartConversationPayloadResolvers,
} from '../../generated/resolvers.ts';

export const SendMessagePayload: SendMessagePayloadResolvers = {
  message: ({ parts: [first] }, _args, { loaders }) =>
    first?.message ? loaders.message.load(first.message) : null,
  // Whoever looks at one delivery alone must not take all for sent.
  delivery: ({ parts }) => parts.find(({ state }) => state === 'UNKNOWN') ?? parts[0] ?? null,
};

export const StartConversationPayload: StartConversationPayloadResolvers = {
  delivery: ({ parts: [first] }) => first ?? null,
};

export const AddReactionPayload: AddReactionPayloadResolvers = {
  message: ({ message }, _args, { loaders }) => message && loaders.message.load(message),
};

export const MarkMessageReadPayload: MarkMessageReadPayloadResolvers = {
  message: ({ message }, _args, { loaders }) => message && loaders.message.load(message),
};
