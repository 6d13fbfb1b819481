import type {
  DocumentNode,
  ExecutionResult,
  GraphQLCompositeType,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionSetNode,
} from 'graphql';
import {
  BREAK,
  execute,
  getNamedType,
  getOperationAST,
  GraphQLError,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  typeFromAST,
  visit,
} from 'graphql';
import type { CompiledQuery } from 'graphql-jit';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import type { GraphContext } from './context.ts';
import { fragmentsOf } from './fragmentsOf.ts';

/** An operation that was validated, and what it is executed with. */
export interface Execution {
  readonly document: DocumentNode;
  readonly operationName: string | null | undefined;
  readonly variables: Readonly<Record<string, unknown>> | null | undefined;
  readonly contextValue: GraphContext;
  /** The event of a subscription. */
  readonly rootValue?: unknown;
}

/** Executes operations as GraphQL says. */
export type Execute = (execution: Execution) => ExecutionResult | Promise<ExecutionResult>;

export interface ExecuteOptions {
  readonly schema: GraphQLSchema;
  /** How often an operation has been executed before code is made for it. */
  readonly compileAfter?: number | undefined;
}

/** Operations whose executions are counted; those longest unused go first. */
const MAX_OPERATIONS = 500;
/** The most fields of an operation for which code is made, those of fragments and of each possible type counted. */
const MAX_FIELDS = 500;

/**
 * Executes operations by GraphQL's own algorithm, and those that come again and again by code that is made for them: apps send the same
 * few documents, and most of the time that an answer takes is the algorithm's. Making code takes as long as executing ten times.
 */
export function createExecute({ schema, compileAfter = 9 }: ExecuteOptions): Execute {
  const operations = new LRUCache<OperationDefinitionNode, Known>({ max: MAX_OPERATIONS });

  return ({ document, operationName, variables, contextValue, rootValue }) => {
    const run = compiled(document, operationName);
    if (run) {
      const result = run(rootValue, contextValue, variables);
      return result instanceof Promise ? result.then(withOwnErrors) : withOwnErrors(result);
    }
    return execute({
      ...{ schema, document, contextValue, rootValue },
      variableValues: variables,
      operationName: operationName ?? null,
    });
  };

  /** Code for an operation; undefined where there is none, or not yet. */
  function compiled(document: DocumentNode, operationName: string | null | undefined): Run | undefined {
    const operation = getOperationAST(document, operationName);
    if (!operation) return undefined;
    const known = operations.get(operation) ?? { uses: 0 };
    if (known.uses === 0) operations.set(operation, known);
    known.uses += 1;
    if (known.uses === compileAfter + 1) known.run = compile(document, operation);
    return known.run;
  }

  function compile(document: DocumentNode, operation: OperationDefinitionNode): Run | undefined {
    if (!isSafe(document) || countFields(operation, document) > MAX_FIELDS) return undefined;
    const query = compileQuery(schema, document, operation.name?.value, {
      disablingCapturingStackErrors: true,
    });
    return isCompiledQuery(query) ? query.query : undefined;
  }

  /** How much code there would be; counting ends where it is too much. */
  function countFields(operation: OperationDefinitionNode, document: DocumentNode): number {
    const fragments = fragmentsOf(document);
    let count = 0;
    visitSelections(operation.selectionSet, schema.getRootType(operation.operation)!, 1);
    return count;

    /** @param times how often they are written out: once for each type that what is above may have */
    function visitSelections(
      { selections }: SelectionSetNode,
      type: GraphQLCompositeType,
      times: number,
    ): void {
      for (const selection of selections) {
        if (count > MAX_FIELDS) return;
        if (selection.kind === Kind.FIELD) {
          count += times;
          const definition = isObjectType(type) ? type.getFields()[selection.name.value] : undefined;
          if (!definition || !selection.selectionSet) continue;
          const child = getNamedType(definition.type);
          if (!isCompositeType(child)) continue;
          const width = isAbstractType(child) ? schema.getPossibleTypes(child).length : 1;
          visitSelections(selection.selectionSet, child, times * width);
          continue;
        }
        const part =
          selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value)! : selection;
        const condition = part.typeCondition && typeFromAST(schema, part.typeCondition);
        visitSelections(part.selectionSet, isCompositeType(condition) ? condition : type, times);
      }
    }
  }
}

/** With errors of GraphQL's own: those of the compiler look the same, and are not. */
function withOwnErrors(result: ExecutionResult): ExecutionResult {
  if (!result.errors) return result;
  const errors = result.errors.map(
    ({ message, path, originalError }) =>
      new GraphQLError(message, { path: path && [...path], originalError }),
  );
  return { ...result, errors };
}

type Run = CompiledQuery['query'];

interface Known {
  uses: number;
  run?: Run | undefined;
}

/**
 * Whether code may be made of a document. Texts that stand in it would become part of the code, where the compiler takes some of them for
 * more than texts: whoever wrote one would write what is executed. And `__proto__` as the name of a field would be none. Apps
 * send texts as variables.
 */
function isSafe(document: DocumentNode): boolean {
  let isUnsafe = false;
  const stop = () => {
    isUnsafe = true;
    return BREAK;
  };
  visit(document, {
    StringValue: stop,
    Name: ({ value }) => (value === '__proto__' ? stop() : undefined),
  });
  return !isUnsafe;
}
