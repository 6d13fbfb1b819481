import type { ApolloServerPlugin } from '@apollo/server';
import type {
  DocumentNode,
  FieldNode,
  GraphQLField,
  GraphQLSchema,
  GraphQLUnionType,
  OperationDefinitionNode,
} from 'graphql';
import { getArgumentValues, getVariableValues, GraphQLError, isObjectType, OperationTypeNode } from 'graphql';
import { MAX_PARTS } from '../messaging/content.ts';
import type { CursorKind } from '../messaging/cursors.ts';
import { checkCursor } from '../messaging/cursors.ts';
import { InputError } from '../messaging/errors.ts';
import type { GraphContext } from './context.ts';
import { fragmentsOf } from './fragmentsOf.ts';
import { priceOf } from './operationCost.ts';
import type { OperationSize } from './operationSize.ts';
import { measureOperation } from './operationSize.ts';
import { parsePageArguments } from './pageArguments.ts';

/**
 * Checks a whole operation before any of it runs: a page size out of range deep inside must not cost the provider calls
 * of everything above it, and a small operation must not ask for millions of items or fields, or for thousands of calls, by lists
 * in lists, by aliases or by fragments in fragments.
 *
 * @param maxCost the most calls to providers that an operation may come to
 */
export function createOperationChecks(maxCost: number): ApolloServerPlugin<GraphContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation({ schema, document, operation, request, contextValue }) {
          if (!operation) return Promise.resolve();
          if (operation.operation === OperationTypeNode.SUBSCRIPTION)
            throw refusal(operation, 'BAD_REQUEST', NO_SINGLE_ANSWER);
          const { accounts, read, cost, tellsSchema, watch } = contextValue;
          const inputs = request.variables ?? {};
          const { calls, fields } = checkOperation(operation, {
            schema,
            document,
            inputs,
            tellsSchema,
            accountCount: accounts.count,
          });
          cost.estimate = calls;
          cost.fields = fields;
          if (calls > maxCost) throw tooCostly(operation, calls, maxCost);
          read.calls.limitTo(maxCost, { writesToo: operation.operation !== OperationTypeNode.MUTATION });
          watch?.began(operation, read.calls);
          return Promise.resolve();
        },
      }),
  };
}

const NO_SINGLE_ANSWER =
  'A subscription has no single answer: ask for it over a WebSocket (graphql-transport-ws), or with the header "accept: text/event-stream".';

/** The most items that the lists of one operation may have together, nested lists multiplied. */
const MAX_ITEMS = 50_000;
/** The most fields that the answer to one operation may have, those of each item counted. */
const MAX_FIELDS = 1_000_000;
/** The most references in one `_entities`, and in all of an operation. */
const MAX_REFERENCES = 1_000;
const MAX_REFERENCES_IN_ALL = 2_000;

interface Check {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** How many accounts the caller may use, which is how long lists of accounts are. */
  readonly accountCount: number;
  /** Whether messages may suggest what the schema has. */
  readonly tellsSchema: boolean;
}

/** Throws a `GraphQLError` for an operation that asks for too much, or for what can't be. */
export function checkOperation(
  operation: OperationDefinitionNode,
  { schema, document, inputs, accountCount, tellsSchema }: Check,
): OperationSize {
  const root = schema.getRootType(operation.operation);
  if (!root) {
    throw refusal(
      operation,
      'OPERATION_RESOLUTION_FAILURE',
      `There are no ${operation.operation}s in this graph.`,
    );
  }
  // The first mistake is enough: GraphQL writes the whole input out for each, and a large one can have tens of thousands.
  const definitions = operation.variableDefinitions ?? [];
  const { coerced: variables, errors } = getVariableValues(schema, definitions, inputs, { maxErrors: 1 });
  if (!variables) throw refusal(operation, 'BAD_USER_INPUT', toMessage(errors[0]!.message, tellsSchema));

  const fragments = fragmentsOf(document);
  let references = 0;
  const { items, fields, calls } = measureOperation(operation, root, {
    schema,
    fragments,
    variables,
    sizeOf(node, definition, { name }) {
      const args =
        definition.args.length === 0 ? NO_ARGUMENTS : getArgumentValues(definition, node, variables);
      const length = isListOfAccounts(definition) ? accountCount : lengthOf(node, definition, args);
      if (definition.name === '_entities') {
        checkReferences(node, args['representations'] as unknown[], schema);
        references += length ?? 0;
        if (references > MAX_REFERENCES_IN_ALL) throw tooManyReferences(node, MAX_REFERENCES_IN_ALL);
      }
      const field = { coordinate: `${name}.${definition.name}`, args, length, selections: node.selectionSet };
      return { length, price: priceOf(field, { accountCount, fragments }) };
    },
  });
  if (items > MAX_ITEMS) {
    throw refusal(
      operation,
      'BAD_USER_INPUT',
      `This operation asks for up to ${items} items in its lists; ${MAX_ITEMS} is the most. Ask for smaller pages.`,
    );
  }
  if (fields > MAX_FIELDS) {
    throw refusal(
      operation,
      'BAD_USER_INPUT',
      `The answer to this operation could have ${fields} fields; ${MAX_FIELDS} is the most. Ask for less at once.`,
    );
  }
  return { items, fields, calls };
}

const NO_ARGUMENTS: Readonly<Record<string, unknown>> = {};

export function tooCostly(operation: OperationDefinitionNode, calls: number, maxCost: number): GraphQLError {
  return refusal(
    operation,
    'OPERATION_TOO_COSTLY',
    `This operation could come to ${calls} calls to providers; ${maxCost} is the most. Ask for smaller pages, or for less at once.`,
  );
}

function isListOfAccounts({ name }: GraphQLField<unknown, unknown>): boolean {
  return name === 'accounts' || name === 'sources';
}

/** How many items a page may have, and how many references `_entities` was given. Refuses what can't be used. */
function lengthOf(
  node: FieldNode,
  definition: GraphQLField<unknown, unknown>,
  args: Readonly<Record<string, unknown>>,
): number | undefined {
  if (definition.name === 'parts') return MAX_PARTS;
  const isPage = definition.args.some(({ name }) => name === 'first');
  if (!isPage && definition.name !== '_entities') return undefined;
  if (!isPage) {
    const { length } = args['representations'] as readonly unknown[];
    if (length <= MAX_REFERENCES) return length;
    throw tooManyReferences(node, MAX_REFERENCES);
  }
  try {
    // The usual direction makes no difference to what is allowed.
    const { size, cursor } = parsePageArguments(args, 'forward');
    const kind = KINDS[definition.name] ?? 'conversations';
    if (cursor) checkCursor(kind, cursor.value, cursor.argument);
    return size;
  } catch (error) {
    if (error instanceof InputError) throw refusal(node, error.code, error.message, error.argument);
    throw error;
  }
}

/** Which kind of cursor a field's list has. */
const KINDS: Readonly<Record<string, CursorKind>> = {
  messages: 'messages',
  changes: 'events',
  inbox: 'inbox',
};

function tooManyReferences(node: FieldNode, most: number): GraphQLError {
  const message = `The argument "representations" has at most ${most} references.`;
  return refusal(node, 'BAD_USER_INPUT', message, 'representations');
}

/** What a router never sends would end the whole operation with a fault of the library's own. */
function checkReferences(node: FieldNode, references: readonly unknown[], schema: GraphQLSchema): void {
  const entity = schema.getType('_Entity') as GraphQLUnionType;
  const isNamed = (reference: unknown) => {
    const { __typename } = (reference ?? {}) as { __typename?: unknown };
    const type = typeof __typename === 'string' ? schema.getType(__typename) : undefined;
    return isObjectType(type) && schema.isSubType(entity, type);
  };
  if (references.every(isNamed)) return;
  const names = entity.getTypes().map(({ name }) => name);
  const message = `The argument "representations" holds something that names no entity of this graph by "__typename": ${names.join(', ')}.`;
  throw refusal(node, 'BAD_USER_INPUT', message, 'representations');
}

function toMessage(message: string, tellsSchema: boolean): string {
  return shorten(tellsSchema ? message : message.replace(/ ?Did you mean .+\?$/, ''));
}

function shorten(message: string): string {
  if (message.length <= MAX_MESSAGE_LENGTH) return message;
  // What is wrong with it stands at the end, behind the value.
  return `${message.slice(0, MAX_MESSAGE_LENGTH / 2)} … ${message.slice(-MAX_MESSAGE_LENGTH / 2)}`;
}

/** UTF-16 code units. */
const MAX_MESSAGE_LENGTH = 600;

function refusal(
  nodes: FieldNode | OperationDefinitionNode,
  code: string,
  message: string,
  argument?: string,
): GraphQLError {
  return new GraphQLError(message, {
    nodes,
    extensions: { code, ...(argument && { argument }), http: { status: 400 } },
  });
}
