import type {
  FieldNode,
  FragmentDefinitionNode,
  GraphQLCompositeType,
  GraphQLField,
  GraphQLObjectType,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionNode,
  SelectionSetNode,
} from 'graphql';
import {
  getDirectiveValues,
  getNamedType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isCompositeType,
  isObjectType,
  Kind,
  typeFromAST,
} from 'graphql';

/** What an operation can come to at the most. */
export interface OperationSize {
  /** Items of its lists, those of lists inside lists once for each item of the outer one. */
  readonly items: number;
  /** Fields of its answer, those of each item counted. */
  readonly fields: number;
  /** Calls to providers. */
  readonly calls: number;
}

/** What one field adds. */
export interface FieldSize {
  /** How many items its list may have; undefined for fields that are no such list. */
  readonly length: number | undefined;
  /** Calls to providers: of the field itself, and how often those of what is selected below it. */
  readonly price: { readonly calls: number; readonly times: number };
}

export interface MeasureOptions {
  readonly schema: GraphQLSchema;
  /** By name. */
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Coerced. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly sizeOf: (
    node: FieldNode,
    definition: GraphQLField<unknown, unknown>,
    type: GraphQLObjectType,
  ) => FieldSize;
}

/**
 * Measures what is selected, in time that grows with the document and not with the answer: a fragment comes to the same
 * wherever it is spread, and is looked into once. What `@skip` and `@include` leave out does not count.
 */
export function measureOperation(
  operation: OperationDefinitionNode,
  root: GraphQLCompositeType,
  { schema, fragments, variables, sizeOf }: MeasureOptions,
): OperationSize {
  const measured = new Map<string, OperationSize>();
  return measure(operation.selectionSet, root);

  function measure({ selections }: SelectionSetNode, type: GraphQLCompositeType): OperationSize {
    let [items, fields, calls] = [0, 0, 0];
    for (const selection of selections) {
      if (!isIncluded(selection)) continue;
      const size = measureSelection(selection, type);
      items += size.items;
      fields += size.fields;
      calls += size.calls;
    }
    return { items, fields, calls };
  }

  function measureSelection(selection: SelectionNode, type: GraphQLCompositeType): OperationSize {
    switch (selection.kind) {
      case Kind.FIELD:
        return measureField(selection, type);
      case Kind.FRAGMENT_SPREAD:
        return measureFragment(selection.name.value);
      case Kind.INLINE_FRAGMENT: {
        const condition = selection.typeCondition && typeFromAST(schema, selection.typeCondition);
        return measure(selection.selectionSet, isCompositeType(condition) ? condition : type);
      }
    }
  }

  function measureFragment(name: string): OperationSize {
    const known = measured.get(name);
    if (known) return known;
    const fragment = fragments.get(name);
    const type = fragment && typeFromAST(schema, fragment.typeCondition);
    const size = isCompositeType(type) ? measure(fragment!.selectionSet, type) : NOTHING;
    measured.set(name, size);
    return size;
  }

  function measureField(node: FieldNode, type: GraphQLCompositeType): OperationSize {
    if (!isObjectType(type)) return ONE_FIELD;
    const definition = type.getFields()[node.name.value];
    if (!definition) return ONE_FIELD;
    const { length, price } = sizeOf(node, definition, type);
    const child = getNamedType(definition.type);
    const nested = node.selectionSet && isCompositeType(child) ? measure(node.selectionSet, child) : NOTHING;
    const times = length ?? 1;
    const own = length === undefined ? 0 : 1;
    return {
      items: times * (own + nested.items),
      fields: 1 + times * nested.fields,
      calls: price.calls + price.times * nested.calls,
    };
  }

  function isIncluded(node: SelectionNode): boolean {
    if (!node.directives || node.directives.length === 0) return true;
    const skip = getDirectiveValues(GraphQLSkipDirective, node, variables);
    const include = getDirectiveValues(GraphQLIncludeDirective, node, variables);
    return skip?.['if'] !== true && include?.['if'] !== false;
  }
}

const NOTHING: OperationSize = { items: 0, fields: 0, calls: 0 };
const ONE_FIELD: OperationSize = { items: 0, fields: 1, calls: 0 };
