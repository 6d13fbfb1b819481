import type { GraphQLFieldConfig, GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import { defaultFieldResolver, getNamedType, GraphQLObjectType, isAbstractType } from 'graphql';
import { getDirective, MapperKind, mapSchema } from '@graphql-tools/utils';
import { ParleyError } from '../messaging/errors.ts';
import type { Viewer } from '../messaging/viewer.ts';
import type { GraphContext } from './context.ts';

/**
 * What a viewer needs: to be somebody, and all scopes of one of the alternatives. The form is that of `@requiresScopes`;
 * `@authenticated` is one alternative without scopes.
 */
type Requirement = readonly (readonly string[])[];

type Field = GraphQLFieldConfig<unknown, GraphContext>;

/**
 * Enforces what `@authenticated` and `@requiresScopes` say, on every way into the graph: root fields, `_entities`, and
 * fields that lead on to a type with a requirement of its own. A root field or an entity without any is a mistake, and throws:
 * what nobody has thought of is open to nobody.
 */
export function enforceAccess(schema: GraphQLSchema): GraphQLSchema {
  checkAbstractTypes(schema);
  return mapSchema(schema, {
    [MapperKind.OBJECT_TYPE]: (type) => guardReference(schema, type),
    [MapperKind.ROOT_FIELD]: (field: Field, name, typeName) =>
      guardRootField(schema, field, `${typeName}.${name}`),
    [MapperKind.OBJECT_FIELD]: (field: Field, _name, typeName) => {
      const parent = requirementsOf(schema, schema.getType(typeName)!);
      // Who got hold of the parent has shown all that this needs.
      const needed = neededFor(schema, field).filter(
        (requirement) => !parent.some((shown) => implies(shown, requirement)),
      );
      return guard(field, needed);
    },
  });
}

/** Federation's own: `_entities` asks each type's reference resolver, and the schema is for those who compose it. */
const OWN_RULES = new Set(['Query._entities', 'Query._service']);

function guardRootField(schema: GraphQLSchema, field: Field, coordinate: string): Field {
  if (coordinate === 'Query._service') return guardService(field);
  if (OWN_RULES.has(coordinate)) return field;
  const needed = neededFor(schema, field);
  if (needed.length === 0) throw new Error(`${coordinate} has neither @authenticated nor @requiresScopes`);
  return guard(field, needed);
}

function guardService(field: Field): Field {
  const { resolve = defaultFieldResolver } = field;
  return {
    ...field,
    resolve(source, args, context, info) {
      if (!context.tellsSchema && !context.caller.viewer.viaRouter)
        throw new ParleyError('FORBIDDEN', 'The schema is told to routers only.');
      return resolve(source, args, context, info);
    },
  };
}

function guard(field: Field, needed: readonly Requirement[]): Field {
  if (needed.length === 0) return field;
  const { resolve = defaultFieldResolver, subscribe } = field;
  return {
    ...field,
    // Before it begins, and, below, with every event.
    ...(subscribe && {
      subscribe(
        source: unknown,
        args: Record<string, unknown>,
        context: GraphContext,
        info: GraphQLResolveInfo,
      ): unknown {
        for (const requirement of needed) check(requirement, context.caller.viewer);
        return subscribe(source, args, context, info);
      },
    }),
    resolve(source, args, context, info) {
      for (const requirement of needed) check(requirement, context.caller.viewer);
      return resolve(source, args, context, info);
    },
  };
}

type ResolveReference = (reference: object, context: GraphContext, info: unknown) => unknown;

interface FederationExtensions {
  readonly apollo?: { readonly subgraph?: { readonly resolveReference?: ResolveReference } };
}

function guardReference(schema: GraphQLSchema, type: GraphQLObjectType): GraphQLObjectType {
  if (!getDirective(schema, type, 'key')) return type;
  const { apollo } = type.extensions as FederationExtensions;
  // Where a type has none, Federation takes a reference for the entity itself.
  const resolveReference = apollo?.subgraph?.resolveReference ?? ((reference) => reference);
  const needed = requirementsOf(schema, type);
  if (needed.length === 0)
    throw new Error(`the entity ${type.name} has neither @authenticated nor @requiresScopes`);
  const guarded: ResolveReference = async (reference, context, info) => {
    for (const requirement of needed) check(requirement, context.caller.viewer);
    return await resolveReference(reference, context, info);
  };
  const extensions = {
    ...type.extensions,
    apollo: { ...apollo, subgraph: { ...apollo?.subgraph, resolveReference: guarded } },
  };
  return new GraphQLObjectType({ ...type.toConfig(), extensions });
}

/** Throws a `ParleyError` where a viewer does not have what is needed. */
function check(requirement: Requirement, { authenticated, scopes }: Viewer): void {
  if (!authenticated) {
    throw new ParleyError(
      'UNAUTHENTICATED',
      'The router speaks for nobody here: it passes neither credentials that Parley reads nor claims.',
    );
  }
  const held: ReadonlySet<string> = scopes;
  if (requirement.some((alternative) => alternative.every((scope) => held.has(scope)))) return;
  const words = requirement.map((alternative) => alternative.join(' and ')).join(', or ');
  throw new ParleyError('FORBIDDEN', `This needs the scope ${words}.`);
}

function neededFor(schema: GraphQLSchema, field: Field): Requirement[] {
  return [...requirementsOf(schema, field), ...requirementsOf(schema, getNamedType(field.type))];
}

function requirementsOf(schema: GraphQLSchema, node: object): Requirement[] {
  const scopes = getDirective(schema, node, 'requiresScopes')?.map(({ scopes }) => scopes as Requirement);
  const authenticated = getDirective(schema, node, 'authenticated')?.map((): Requirement => [[]]);
  return [...(scopes ?? []), ...(authenticated ?? [])];
}

function implies(shown: Requirement, needed: Requirement): boolean {
  return shown.every((scopes) =>
    needed.some((alternative) => alternative.every((scope) => scopes.includes(scope))),
  );
}

/** Behind a union or an interface, nobody knows which type's requirement to ask before it is resolved. */
function checkAbstractTypes(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isAbstractType(type) || type.name === '_Entity') continue;
    const member = schema
      .getPossibleTypes(type)
      .find((candidate) => requirementsOf(schema, candidate).length > 0);
    if (member) throw new Error(`${member.name} has a requirement, and is behind ${type.name}`);
  }
}
