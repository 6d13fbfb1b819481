import type { DeliveryResolvers } from '../../generated/resolvers.ts';

export const Delivery: DeliveryResolvers = {
  // What history tells can be read again with the message; only a send has an id of its own.
  id: () => null,
  message: ({ message }, _args, { loaders }) => message && loaders.message.load(message),
};
