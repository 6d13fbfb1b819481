import type { DeliveryResolvers } from '../../generated/resolvers.ts';
import { lookUpMessage } from '../lookUp.ts';

export const Delivery: DeliveryResolvers = {
  // The provider has named it: it is there.
  message: ({ message }, _args, context, info) =>
    message && lookUpMessage(message, { context, info, trusted: true }),
};
