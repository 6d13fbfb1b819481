import type { GraphQLScalarType } from 'graphql';
import type { IResolvers } from '@graphql-tools/utils';
import { DateTimeISOResolver, JSONObjectResolver, URLResolver } from 'graphql-scalars';
import type { GraphContext } from '../context.ts';
import { Account } from './Account.ts';
import { Attachment } from './Attachment.ts';
import { ConversationConnection, ConversationSource, MessageConnection } from './connections.ts';
import { Conversation } from './Conversation.ts';
import { Delivery } from './Delivery.ts';
import { Message } from './Message.ts';
import { Participant } from './Participant.ts';
import { Query } from './Query.ts';
import { unions } from './unions.ts';

/** Every resolver there is; fields without one are read from the domain object as they are. */
export const resolvers = {
  Account,
  Attachment,
  Conversation,
  ConversationConnection,
  ConversationSource,
  DateTime: behaviourOf(DateTimeISOResolver),
  Delivery,
  JSONObject: behaviourOf(JSONObjectResolver),
  Message,
  MessageConnection,
  Participant,
  Query,
  URL: behaviourOf(URLResolver),
  ...unions,
} as IResolvers<unknown, GraphContext>;

/** How a scalar reads and writes; its name and description are the schema's own. */
function behaviourOf({ serialize, parseValue, parseLiteral }: GraphQLScalarType) {
  return { __serialize: serialize, __parseValue: parseValue, __parseLiteral: parseLiteral };
}
