import type { DeliveryResolvers } from '../../generated/resolvers.ts';

export const Delivery: DeliveryResolvers = {
  message: ({ message }, _args, { loaders }) => message && loaders.message.load(message),
};
