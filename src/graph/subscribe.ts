import type {
  DocumentNode,
  ExecutionArgs,
  GraphQLSchema,
  OperationDefinitionNode,
  ValidationRule,
} from 'graphql';
import {
  createSourceEventStream,
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Change } from '../messaging/changes.ts';
import { encodeChangeCursor } from '../messaging/cursors.ts';
import { ParleyError } from '../messaging/errors.ts';
import type { PlacedChange } from '../messaging/events.ts';
import type {
  FormattedError,
  Subscribe,
  Subscribed,
  Subscriber,
  SubscriptionRequest,
  SubscriptionResult,
} from '../messaging/subscribing.ts';
import type { GraphContext } from './context.ts';
import { checkNesting } from './documentNesting.ts';
import type { Execute } from './createExecute.ts';
import { checkOperation, tooCostly } from './operationChecks.ts';
import type { OperationReport } from './operationReport.ts';

export interface SubscribeOptions {
  readonly schema: GraphQLSchema;
  readonly execute: Execute;
  /** Rules beyond GraphQL's own. */
  readonly rules: readonly ValidationRule[];
  readonly maxTokens: number;
  /** The most calls to providers that one event may cost one subscriber. */
  readonly maxCost: number;
  /** Puts a listed document in the place of its id; throws for everything else. Undefined where all documents are taken. */
  readonly admit: ((request: { query?: unknown; extensions?: unknown }) => { query?: unknown }) | undefined;
  /** What the resolvers of one event get; of one that lasts as long as the subscription for its beginning. */
  readonly contextFor: (subscriber: Subscriber, whenOver: (listener: () => void) => void) => GraphContext;
  readonly format: (error: GraphQLError) => FormattedError;
  /** Told what a subscription has come to, when it ends. */
  readonly report: (report: OperationReport) => void;
}

/** A subscription that was found to be in order. */
interface Checked extends Pick<ExecutionArgs, 'schema' | 'document' | 'variableValues' | 'operationName'> {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/** Documents that have been parsed and checked; clients of one app all send the same. Their characters are counted, those longest unused go. */
const MAX_DOCUMENTS = 500;
const MAX_CHARACTERS = 2_000_000;

/**
 * Executes subscriptions. It is GraphQL's own algorithm but for one thing: each event has a context of its own, so that it is authorised
 * anew, and shares nothing that was read for an earlier one.
 */
export function createSubscribe(options: SubscribeOptions): Subscribe {
  const { schema, maxCost, contextFor, format, report } = options;
  const documents = new LRUCache<string, DocumentNode>({
    ...{ max: MAX_DOCUMENTS, maxSize: MAX_CHARACTERS },
    sizeCalculation: (_document, { length }) => length + 1,
  });

  return async (request, client) => {
    const over = createEnd();
    try {
      return await begin(request, untilExpired(client, over.whenOver), over);
    } catch (error) {
      over.end();
      return { errors: [format(toGraphQLError(error))] };
    }
  };

  async function begin(request: SubscriptionRequest, subscriber: Subscriber, over: End): Promise<Subscribed> {
    const startedAt = performance.now();
    const context = contextFor(subscriber, over.whenOver);
    const checked = check(request, subscriber, context);
    const counts = { calls: 0, codes: new Set<string>() };
    const tell = () => {
      over.end();
      report({
        name: checked.operation.name?.value,
        type: OperationTypeNode.SUBSCRIPTION,
        outcome: counts.codes.size > 0 ? 'errors' : 'ok',
        cost: context.cost.estimate,
        upstreamCalls: counts.calls + context.read.calls.count,
        duration: (performance.now() - startedAt) / 1_000,
        codes: [...counts.codes].sort(),
        viewerId: subscriber.viewer.id,
        traceId: undefined,
      });
    };
    const note = (result: SubscriptionResult) => {
      for (const { extensions } of result.errors ?? []) counts.codes.add(String(extensions?.['code']));
      return result;
    };
    const source = await createSourceEventStream({ ...checked, contextValue: context });
    if (!isIterable(source)) {
      const errors = (source.errors ?? []).map((error) => format(error));
      note({ errors });
      tell();
      return { errors };
    }
    return { results: toResults(source) };

    async function* toResults(events: AsyncIterable<unknown>): AsyncGenerator<SubscriptionResult, void> {
      try {
        for await (const event of events) {
          if (hasExpired(subscriber)) {
            yield note({ errors: [format(toGraphQLError(expired()))] });
            return;
          }
          yield note(await show(event));
        }
        const { reason } = subscriber.signal as { reason: unknown };
        if (reason instanceof ParleyError) yield note({ errors: [format(toGraphQLError(reason))] });
      } catch (error) {
        yield note({ errors: [format(toGraphQLError(error))] });
      } finally {
        tell();
      }
    }

    async function show(event: unknown): Promise<SubscriptionResult> {
      const end = createEnd();
      const contextValue = contextFor(subscriber, end.whenOver);
      contextValue.read.calls.limitTo(maxCost, { writesToo: true });
      try {
        const { document, variableValues, operationName } = checked;
        const execution = { document, operationName, variables: variableValues };
        const { data, errors } = await options.execute({ ...execution, rootValue: event, contextValue });
        const cursor = cursorOf(event as Partial<PlacedChange>);
        return {
          data: data ?? null,
          ...(errors && { errors: errors.map((error) => format(error)) }),
          ...(cursor !== undefined && { extensions: { cursor } }),
        };
      } finally {
        counts.calls += contextValue.read.calls.count;
        end.end();
      }
    }
  }

  function check(request: SubscriptionRequest, { viewer }: Subscriber, context: GraphContext): Checked {
    const listed = options.admit && !viewer.viaRouter ? options.admit(request) : request;
    const { query } = listed;
    if (typeof query !== 'string')
      throw new ParleyError('BAD_REQUEST', 'A subscription is sent with its document, as "query".');
    const document = toDocument(query);
    const { variables, operationName } = request;
    const operation = getOperationAST(document, operationName);
    if (!operation)
      throw new ParleyError(
        'BAD_REQUEST',
        'The document has several operations, or none of the name that is asked for.',
      );
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION)
      throw new ParleyError(
        'BAD_REQUEST',
        'Only subscriptions go this way: queries and mutations are sent by POST.',
      );
    const inputs = variables ?? {};
    const { accounts, tellsSchema, cost } = context;
    const { calls, fields } = checkOperation(operation, {
      ...{ schema, document, inputs, tellsSchema },
      accountCount: accounts.count,
    });
    cost.estimate = calls;
    cost.fields = fields;
    if (calls > maxCost) throw tooCostly(operation, calls, maxCost);
    return { schema, document, operation, variableValues: inputs, operationName: operationName ?? null };
  }

  function toDocument(query: string): DocumentNode {
    const known = documents.get(query);
    if (known) return known;
    checkNesting(query, options.maxTokens);
    // Without locations, as for all other operations: with them, each error counts the lines before it.
    const document = parse(query, { maxTokens: options.maxTokens, noLocation: true });
    const [mistake] = validate(schema, document, [...specifiedRules, ...options.rules], { maxErrors: 1 });
    if (mistake)
      throw new GraphQLError(mistake.message, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
    documents.set(query, document);
    return document;
  }
}

/** The same, whose signal aborts also when the credentials expire. Nothing is left of it once it is over. */
function untilExpired(subscriber: Subscriber, whenOver: (listener: () => void) => void): Subscriber {
  const { viewer, signal } = subscriber;
  if (viewer.expiresAt === undefined) return subscriber;
  const end = new AbortController();
  const pass = () => end.abort(signal.reason);
  const left = Math.min(Math.max(viewer.expiresAt - Date.now(), 0), MAX_TIMER);
  const timer = setTimeout(() => end.abort(expired()), left);
  signal.addEventListener('abort', pass);
  if (signal.aborted) pass();
  whenOver(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', pass);
  });
  return { ...subscriber, signal: end.signal };
}

/** The longest that a timer of Node can wait, in milliseconds: what lasts longer is looked at with each event. */
const MAX_TIMER = 2 ** 31 - 1;

function hasExpired({ viewer }: Subscriber): boolean {
  return viewer.expiresAt !== undefined && viewer.expiresAt <= Date.now();
}

function expired(): ParleyError {
  return new ParleyError(
    'UNAUTHENTICATED',
    'The credentials have expired. Subscribe again with new ones, from the last cursor on.',
  );
}

function toGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) {
    // What does not parse has no code yet.
    if (error.extensions['code'] !== undefined || error.originalError) return error;
    return new GraphQLError(error.message, { extensions: { code: 'GRAPHQL_PARSE_FAILED' } });
  }
  const { message } = error as Error;
  return new GraphQLError(message, { originalError: error as Error });
}

/** Of each change, since it is the same for all who are told of it, as long as they follow the same log. */
const cursors = new WeakMap<Change, { readonly epoch: string; readonly cursor: string }>();

function cursorOf({ epoch, id, change }: Partial<PlacedChange>): string | undefined {
  if (epoch === undefined || !id || !change) return undefined;
  const known = cursors.get(change);
  if (known?.epoch === epoch) return known.cursor;
  const cursor = encodeChangeCursor({ epoch, id });
  cursors.set(change, { epoch, cursor });
  return cursor;
}

/** Calls whoever waits for the end of something. */
interface End {
  readonly whenOver: (listener: () => void) => void;
  end(): void;
}

function createEnd(): End {
  const listeners: (() => void)[] = [];
  return {
    whenOver: (listener: () => void) => void listeners.push(listener),
    end() {
      for (const listener of listeners.splice(0)) listener();
    },
  };
}

function isIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value;
}
