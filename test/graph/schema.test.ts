import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type {
  GraphQLArgument,
  GraphQLEnumType,
  GraphQLInputField,
  GraphQLNamedType,
  GraphQLObjectType,
} from 'graphql';
import {
  buildClientSchema,
  buildSchema,
  introspectionFromSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isScalarType,
  isUnionType,
  parse,
} from 'graphql';
import { createSchema, printSubgraph, readTypeDefs } from '../../src/graph/schema.ts';
import type { ErrorCode } from '../../src/messaging/errors.ts';
import type { UserErrorCode } from '../../src/messaging/userErrors.ts';
import { compose } from '../composition/compose.ts';

/** What came after the contract. */
const LATER: ReadonlySet<string> = new Set([
  'SendMessageInput.replyTo: ID',
  ...['pushToTalk: Boolean', 'width: Int', 'height: Int'].map((field) => `UploadAttachmentInput.${field}`),
]);

describe('the schema', () => {
  const schema = createSchema();
  const unions = Object.values(schema.getTypeMap()).filter(
    (type) => isUnionType(type) && type.name !== '_Entity',
  );

  it('composes with a subgraph that extends its entities, by both composers, without errors or hints', () => {
    expect(compose().map(({ composer, complaints }) => ({ composer, complaints }))).toEqual([
      { composer: '@apollo/composition', complaints: [] },
      { composer: '@theguild/federation-composition', complaints: [] },
    ]);
  });

  it('gives the supergraph all that can be asked, changed and subscribed to', () => {
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    for (const { composer, supergraphSdl } of compose()) {
      const supergraph = buildSchema(supergraphSdl!, { assumeValid: true });
      for (const root of roots) {
        // What federation itself asks a subgraph is not for clients.
        const own = Object.keys(root!.getFields()).filter((field) => !field.startsWith('_'));
        const composed = supergraph.getType(root!.name) as GraphQLObjectType;
        const missing = own.filter((field) => !(field in composed.getFields()));
        expect({ composer, missing }).toEqual({ composer, missing: [] });
      }
    }
  });

  it('gives a field that several members of a union share one type and one nullability', () => {
    for (const union of unions) {
      const types = new Map<string, string>();
      for (const member of isUnionType(union) ? union.getTypes() : []) {
        for (const field of Object.values(member.getFields())) {
          const type = types.get(field.name) ?? field.type.toString();
          expect(`${union.name}.${field.name}: ${field.type.toString()}`).toBe(
            `${union.name}.${field.name}: ${type}`,
          );
          types.set(field.name, type);
        }
      }
    }
  });

  it('describes every type, field, argument and value of an enum to a router as well', () => {
    const sdl = printSubgraph(schema);
    expect(() => parse(sdl)).not.toThrow();
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) || type.name.startsWith('_')) continue;
      expect(`${type.name}: ${type.description ?? ''}`).toMatch(/: ./);
    }
    expect(sdl).toContain('Oldest'.toLowerCase());
  });

  it('is at run time what the SDL says: the same scalars, with the same words', () => {
    const written = buildSchema(readTypeDefs(), { assumeValid: true });
    const running = buildClientSchema(introspectionFromSchema(schema));
    for (const type of Object.values(written.getTypeMap())) {
      if (!isScalarType(type)) continue;
      expect(running.getType(type.name)).toMatchObject({ name: type.name, description: type.description });
    }
    expect(
      Object.values(running.getTypeMap())
        .filter(isScalarType)
        .map(({ name }) => name),
    ).not.toContain('DateTimeISO');
  });

  it('ships the possible types of every union for Apollo Client', () => {
    const { possibleTypes } = JSON.parse(
      readFileSync(new URL('../../schema/possibleTypes.json', import.meta.url), 'utf8'),
    ) as {
      possibleTypes: Record<string, string[]>;
    };
    const expected = Object.fromEntries(
      unions.map((union) => [
        union.name,
        isUnionType(union)
          ? union
              .getTypes()
              .map(({ name }) => name)
              .sort()
          : [],
      ]),
    );
    expect(possibleTypes).toEqual(expected);
  });

  it('lists every code that errors have', () => {
    // The compiler holds this list to the type, the test holds the schema to the list.
    const codes: Record<ErrorCode, true> = {
      BAD_USER_INPUT: true,
      UNAUTHENTICATED: true,
      FORBIDDEN: true,
      AUTHENTICATION_UNAVAILABLE: true,
      RATE_LIMITED: true,
      OPERATION_TOO_COSTLY: true,
      ANSWER_TOO_LARGE: true,
      UNSUPPORTED: true,
      CURSOR_UNREACHABLE: true,
      CURSOR_EXPIRED: true,
      SUBSCRIPTION_TOO_SLOW: true,
      SHUTTING_DOWN: true,
      MESSAGE_UNREACHABLE: true,
      PROVIDER_UNAVAILABLE: true,
      PROVIDER_TIMEOUT: true,
      PROVIDER_CONTRACT: true,
      PROVIDER_UNAUTHENTICATED: true,
      PROVIDER_PAYMENT_REQUIRED: true,
      PROVIDER_FORBIDDEN: true,
      PROVIDER_GONE: true,
      PROVIDER_REJECTED: true,
      PROVIDER_RATE_LIMITED: true,
      OVERLOADED: true,
      STORE_UNAVAILABLE: true,
      STORAGE_UNAVAILABLE: true,
      BAD_REQUEST: true,
      PERSISTED_QUERY_NOT_IN_LIST: true,
      PAYLOAD_TOO_LARGE: true,
      REQUEST_TIMEOUT: true,
      SETTING_MISSING: true,
      CANCELLED: true,
      INTERNAL_SERVER_ERROR: true,
    };
    expect(valuesOf(schema.getType('ErrorCode')).sort()).toEqual(Object.keys(codes).sort());
  });

  it('lists every code that user errors have', () => {
    // A file that did not arrive as announced is a user error too, with a code that the type leaves out.
    const codes: Record<UserErrorCode | 'BAD_REQUEST', true> = {
      BAD_USER_INPUT: true,
      NOT_FOUND: true,
      NOTHING_TO_SEND: true,
      TEXT_REQUIRED: true,
      TEXT_TOO_LONG: true,
      TEXT_WITH_ATTACHMENT_FORBIDDEN: true,
      TOO_MANY_ATTACHMENTS: true,
      ATTACHMENT_TYPE_FORBIDDEN: true,
      ATTACHMENT_TOO_LARGE: true,
      ATTACHMENT_OF_ANOTHER_CONVERSATION: true,
      SPLIT_NEEDED: true,
      IDEMPOTENCY_CONFLICT: true,
      UNAUTHENTICATED: true,
      RATE_LIMITED: true,
      OPERATION_TOO_COSTLY: true,
      UNSUPPORTED: true,
      SETTING_MISSING: true,
      MESSAGE_UNREACHABLE: true,
      PROVIDER_UNAVAILABLE: true,
      PROVIDER_TIMEOUT: true,
      PROVIDER_CONTRACT: true,
      PROVIDER_UNAUTHENTICATED: true,
      PROVIDER_PAYMENT_REQUIRED: true,
      PROVIDER_FORBIDDEN: true,
      PROVIDER_GONE: true,
      PROVIDER_REJECTED: true,
      PROVIDER_RATE_LIMITED: true,
      OVERLOADED: true,
      STORE_UNAVAILABLE: true,
      STORAGE_UNAVAILABLE: true,
      PAYLOAD_TOO_LARGE: true,
      REQUEST_TIMEOUT: true,
      BAD_REQUEST: true,
      CANCELLED: true,
    };
    expect(valuesOf(schema.getType('UserErrorCode')).sort()).toEqual(Object.keys(codes).sort());
  });

  const contract = buildSchema(
    readFileSync(new URL('../fixtures/contract.graphql', import.meta.url), 'utf8'),
    { assumeValid: true },
  );

  it('has every type, field, argument and value of the contract, with its type and nullability', () => {
    const ours = buildSchema(readTypeDefs(), { assumeValid: true });
    for (const type of Object.values(contract.getTypeMap())) {
      if (type.name.startsWith('__')) continue;
      const same = ours.getType(type.name);
      expect(same?.name).toBe(type.name);
      expect(linesOf(same)).toEqual(expect.arrayContaining(linesOf(type)));
    }
  });

  it('has no other fields where the contract says them all, so that no client has to give one more', () => {
    const open = /^(Start(Pact|Letstalk|Pigeons)Conversation|Device|LinkAction|QuickReplyAction)Input$/;
    for (const { name } of Object.values(contract.getTypeMap())) {
      if (!/(Input|Payload)$|^UserError$/.test(name) || open.test(name)) continue;
      const lines = linesOf(schema.getType(name)).filter((line) => !LATER.has(line));
      expect(lines).toEqual(linesOf(contract.getType(name)));
    }
  });

  it('has given inputs nothing since then that a client would have to give', () => {
    const known = Object.values(schema.getTypeMap()).flatMap(linesOf);
    for (const line of LATER) expect(known).toContain(line);
    expect([...LATER].filter((line) => line.endsWith('!'))).toEqual([]);
  });

  it('enforces at run time that exactly one field is given, where the contract says so', () => {
    const ofOne = Object.values(schema.getTypeMap()).filter(
      (type) => isInputObjectType(type) && type.isOneOf,
    );
    expect(ofOne.map(({ name }) => name).sort()).toEqual(['ActionItemInput', 'StartConversationInput']);
  });
});

/** What clients can rely on of a type, a line a fact. */
function linesOf(type: GraphQLNamedType | undefined): string[] {
  if (isUnionType(type)) return type.getTypes().map(({ name }) => `${type.name} = ${name}`);
  if (isEnumType(type)) return valuesOf(type).map((value) => `${type.name}.${value}`);
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).map((field) => `${type.name}.${lineOf(field)}`);
    return [`${type.name} is of one: ${type.isOneOf}`, ...fields].filter(isDecided);
  }
  if (!isObjectType(type)) return [];
  return Object.values(type.getFields())
    .flatMap(({ name, type: fieldType, args }) => [
      `${type.name}.${name}: ${String(fieldType)}`,
      ...args.map((argument) => `${type.name}.${name}(${lineOf(argument)})`),
    ])
    .filter(isDecided);
}

function lineOf({ name, type, defaultValue }: GraphQLArgument | GraphQLInputField): string {
  return `${name}: ${String(type)}${defaultValue === undefined ? '' : ` = ${JSON.stringify(defaultValue)}`}`;
}

function valuesOf(type: GraphQLNamedType | undefined): string[] {
  return (type as GraphQLEnumType)
    .getValues()
    .map(({ name }) => name)
    .filter((name) => name !== '_');
}

/** What the contract leaves open stands in it as `_`. */
function isDecided(line: string): boolean {
  return !line.includes('._:');
}
