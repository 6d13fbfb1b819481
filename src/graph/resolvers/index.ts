import type { GraphQLScalarType } from 'graphql';
import type { IResolvers } from '@graphql-tools/utils';
import { DateTimeISOResolver, JSONObjectResolver, URLResolver } from 'graphql-scalars';
import { uploadScalar } from '../../messaging/incomingFile.ts';
import type { GraphContext } from '../context.ts';
import { Account } from './Account.ts';
import { Attachment } from './Attachment.ts';
import {
  Change,
  ChangeConnection,
  ConversationUpdated,
  MessageAdded,
  MessageUpdated,
  ReactionsUpdated,
} from './changes.ts';
import { ConversationConnection, ConversationSource, MessageConnection } from './connections.ts';
import { Conversation } from './Conversation.ts';
import { Delivery } from './Delivery.ts';
import { InboxConnection, InboxItem, InboxSource } from './inbox.ts';
import { Message } from './Message.ts';
import { Mutation } from './Mutation.ts';
import { Participant } from './Participant.ts';
import {
  AddReactionPayload,
  MarkMessageReadPayload,
  SendMessagePayload,
  StartConversationPayload,
} from './payloads.ts';
import { Query } from './Query.ts';
import { Subscription } from './Subscription.ts';
import { unions } from './unions.ts';

/** Every resolver there is; fields without one are read from the domain object as they are. */
export const resolvers = {
  Account,
  AddReactionPayload,
  Attachment,
  Change,
  ChangeConnection,
  Conversation,
  ConversationConnection,
  ConversationSource,
  ConversationUpdated,
  DateTime: asItIs(DateTimeISOResolver),
  Delivery,
  InboxConnection,
  InboxItem,
  InboxSource,
  JSONObject: behaviourOf(JSONObjectResolver),
  MarkMessageReadPayload,
  Message,
  MessageAdded,
  MessageConnection,
  MessageUpdated,
  Mutation,
  Participant,
  Query,
  ReactionsUpdated,
  SendMessagePayload,
  StartConversationPayload,
  Subscription,
  Upload: behaviourOf(uploadScalar),
  URL: asItIs(URLResolver),
  ...unions,
} as IResolvers<unknown, GraphContext>;

/** How a scalar reads and writes; its name and description are the schema's own. */
function behaviourOf({
  serialize,
  parseValue,
  parseLiteral,
}: Pick<GraphQLScalarType, 'serialize' | 'parseValue' | 'parseLiteral'>) {
  return { __serialize: serialize, __parseValue: parseValue, __parseLiteral: parseLiteral };
}

/** The same for what the domain has in its one form already: a page has hundreds of them, and each would be parsed to be written alike. */
function asItIs(scalar: Pick<GraphQLScalarType, 'serialize' | 'parseValue' | 'parseLiteral'>) {
  return { ...behaviourOf(scalar), __serialize: (value: unknown) => value };
}
