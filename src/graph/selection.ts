import type { FieldNode, GraphQLObjectType, GraphQLResolveInfo } from 'graphql';
import { getArgumentValues } from 'graphql';
import { collectSubFields } from '@graphql-tools/utils';

/** A field that an operation asks of the object being resolved. */
export interface SelectedField {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/**
 * The fields that the operation asks of the object that `info`'s field resolves to, when that is of the type named;
 * fragments and `@skip`/`@include` are taken into account, and an alias counts as a field of its own.
 */
export function selectedFields(info: GraphQLResolveInfo, typeName: string): readonly SelectedField[] {
  const { variableValues, fieldNodes } = info;
  const operation = known.get(variableValues) ?? new Map<readonly FieldNode[], SelectedByType>();
  known.set(variableValues, operation);
  const field = operation.get(fieldNodes) ?? new Map<string, readonly SelectedField[]>();
  operation.set(fieldNodes, field);
  const selected = field.get(typeName) ?? selectFields(info, typeName);
  field.set(typeName, selected);
  return selected;
}

type SelectedByType = Map<string, readonly SelectedField[]>;

/** By the variables of one operation: a list of references asks once for each of them. */
const known = new WeakMap<object, Map<readonly FieldNode[], SelectedByType>>();

function selectFields(info: GraphQLResolveInfo, typeName: string): readonly SelectedField[] {
  const { schema, fragments, variableValues, fieldNodes } = info;
  const type = schema.getType(typeName) as GraphQLObjectType;
  const { fields } = collectSubFields(schema, fragments, { coerced: variableValues, sources: {} }, type, [
    ...fieldNodes,
  ]);
  return [...fields.values()].map((nodes: readonly FieldNode[]) => {
    const node = nodes[0]!;
    const definition = type.getFields()[node.name.value];
    return {
      name: node.name.value,
      args:
        definition && definition.args.length > 0 ? getArgumentValues(definition, node, variableValues) : {},
    };
  });
}

/** Whether nothing is asked but fields that a reference holds by itself. */
export function asksOnlyFor(fields: readonly SelectedField[], keyFields: ReadonlySet<string>): boolean {
  return fields.every(({ name }) => name === '__typename' || keyFields.has(name));
}
