import type {
  AddReactionPayloadResolvers,
  MarkMessageReadPayloadResolvers,
  SendMessagePayloadResolvers,
  StartConversationPayloadResolvers,
} from '../../generated/resolvers.ts';
import { lookUpMessage } from '../lookUp.ts';

export const SendMessagePayload: SendMessagePayloadResolvers = {
  // The provider has named it: it is there.
  message: ({ parts: [first] }, _args, context, info) =>
    first?.message ? lookUpMessage(first.message, { context, info, trusted: true }) : null,
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
