import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  buildClientSchema,
  buildSchema,
  introspectionFromSchema,
  isObjectType,
  isScalarType,
  isUnionType,
  parse,
} from 'graphql';
import { createSchema, printSubgraph, readTypeDefs } from '../../src/graph/schema.ts';
import type { ErrorCode } from '../../src/messaging/errors.ts';
import { compose } from '../composition/compose.ts';

describe('the schema', () => {
  const schema = createSchema();
  const unions = Object.values(schema.getTypeMap()).filter(
    (type) => isUnionType(type) && type.name !== '_Entity',
  );

  it('composes with a subgraph that extends its entities, by both composers, without errors or hints', () => {
    expect(compose()).toEqual([
      { composer: '@apollo/composition', complaints: [] },
      { composer: '@theguild/federation-composition', complaints: [] },
    ]);
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
      UNSUPPORTED: true,
      CURSOR_UNREACHABLE: true,
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
      STORE_UNAVAILABLE: true,
      STORAGE_UNAVAILABLE: true,
      BAD_REQUEST: true,
      PAYLOAD_TOO_LARGE: true,
      REQUEST_TIMEOUT: true,
      SETTING_MISSING: true,
      CANCELLED: true,
      INTERNAL_SERVER_ERROR: true,
    };
    const type = schema.getType('ErrorCode') as unknown as { getValues(): { name: string }[] };
    expect(
      type
        .getValues()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(codes).sort());
  });

  it('has every type and field of the contract, with its type and nullability', () => {
    const contract = buildSchema(
      readFileSync(new URL('../fixtures/contract.graphql', import.meta.url), 'utf8'),
      { assumeValid: true },
    );
    const ours = buildSchema(readTypeDefs(), { assumeValid: true });
    for (const type of Object.values(contract.getTypeMap())) {
      if (type.name.startsWith('__')) continue;
      const same = ours.getType(type.name);
      expect(same?.name).toBe(type.name);
      if (isUnionType(type) && isUnionType(same)) {
        expect(same.getTypes().map(String).sort()).toEqual(type.getTypes().map(String).sort());
      }
      if (!isObjectType(type) || !isObjectType(same)) continue;
      for (const field of Object.values(type.getFields())) {
        if (field.name === '_') continue;
        const ourField = same.getFields()[field.name];
        expect(`${type.name}.${field.name}: ${String(ourField?.type)}`).toBe(
          `${type.name}.${field.name}: ${String(field.type)}`,
        );
        for (const argument of field.args) {
          const ourArgument = ourField?.args.find(({ name }) => name === argument.name);
          expect(`${field.name}(${argument.name}: ${String(ourArgument?.type)})`).toBe(
            `${field.name}(${argument.name}: ${String(argument.type)})`,
          );
        }
      }
    }
  });
});
