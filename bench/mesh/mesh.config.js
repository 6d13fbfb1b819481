import { defineConfig } from '@graphql-mesh/compose-cli';
import { loadJSONSchemaSubgraph } from '@omnigraph/json-schema';
import * as schemas from './schemas.js';

const { PACT_URL, PACT_COMPANY, PACT_TOKEN, LETSTALK_URL, LETSTALK_KEY } = process.env;
const WHOLE = { type: 'integer' };
const TEXT = { type: 'string' };
const { PIGEONS_URL, PIGEONS_KEY, PIGEONS_TOKEN } = process.env;

/** The three providers as one graph, with the messages of a listed conversation as a field of it. */
export const composeConfig = defineConfig({
  subgraphs: [
    {
      sourceHandler: loadJSONSchemaSubgraph('Pact', {
        endpoint: `${PACT_URL}/p1/companies/${PACT_COMPANY}`,
        operationHeaders: { 'X-Private-Api-Token': PACT_TOKEN },
        operations: [
          {
            type: 'Query',
            field: 'pact_conversations',
            path: '/conversations?per={args.per}&sort_direction=desc',
            method: 'GET',
            argTypeMap: { per: WHOLE },
            responseSchema: schemas.PactConversations,
          },
          {
            type: 'Query',
            field: 'pact_messages',
            path: '/conversations/{args.conversation}/messages?per={args.per}&sort_direction=desc',
            method: 'GET',
            argTypeMap: { conversation: WHOLE, per: WHOLE },
            responseSchema: schemas.PactMessages,
          },
        ],
      }),
    },
    {
      sourceHandler: loadJSONSchemaSubgraph('Letstalk', {
        endpoint: `${LETSTALK_URL}/api/v1`,
        operationHeaders: {
          Authorization: `Basic ${Buffer.from(`${LETSTALK_KEY}:X`).toString('base64')}`,
          'Content-Type': 'application/json',
        },
        operations: [
          {
            type: 'Query',
            field: 'letstalk_messages',
            path: '/messages?conversation_id={args.conversation}&cursor[amount]={args.amount}',
            method: 'GET',
            argTypeMap: { conversation: WHOLE, amount: WHOLE },
            responseSchema: schemas.LetstalkMessages,
          },
          {
            type: 'Mutation',
            field: 'letstalk_send',
            path: '/messages',
            method: 'POST',
            requestSchema: schemas.LetstalkSend,
            responseSchema: schemas.LetstalkSent,
          },
        ],
      }),
    },
    {
      sourceHandler: loadJSONSchemaSubgraph('Pigeons', {
        endpoint: `${PIGEONS_URL}/api/v1/pigeons/chat`,
        operationHeaders: { Authorization: `Bearer ${PIGEONS_TOKEN}`, 'X-PUBLIC-KEY': PIGEONS_KEY },
        operations: [
          {
            type: 'Query',
            field: 'pigeons_conversations',
            path: '/conversations',
            method: 'GET',
            responseSchema: schemas.PigeonsConversations,
          },
          {
            type: 'Query',
            field: 'pigeons_messages',
            path: '/conversations/{args.conversation}/messages',
            method: 'GET',
            argTypeMap: { conversation: TEXT },
            responseSchema: schemas.PigeonsMessages,
          },
        ],
      }),
    },
  ],
  additionalTypeDefs: /* GraphQL */ `
    extend type PactConversation {
      messages(per: Int = 20): PactMessages
        @resolveTo(
          sourceName: "Pact"
          sourceTypeName: "Query"
          sourceFieldName: "pact_messages"
          requiredSelectionSet: "{ external_id }"
          sourceArgs: { conversation: "{root.external_id}", per: "{args.per}" }
        )
    }
    extend type PigeonsConversation {
      messages: PigeonsMessages
        @resolveTo(
          sourceName: "Pigeons"
          sourceTypeName: "Query"
          sourceFieldName: "pigeons_messages"
          requiredSelectionSet: "{ uuid }"
          sourceArgs: { conversation: "{root.uuid}" }
        )
    }
  `,
});
