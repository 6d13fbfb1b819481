import { ParleyError } from '../messaging/errors.ts';

/** Where a file belongs in a request: `parent[key]`, which is null until it is placed. */
export interface Place {
  readonly parent: Record<string, unknown>;
  readonly key: string;
}

type Json = Record<string, unknown>;

/** What a GraphQL request consists of; anything else that a client adds is left behind. */
const REQUEST_KEYS = ['query', 'variables', 'operationName', 'extensions'];

// Real paths are like `variables.input.files.0`.
const MAX_PATH_LENGTH = 256;
const MAX_PATH_SEGMENTS = 16;
const UNSAFE_SEGMENTS = new Set(['__proto__', 'constructor', 'prototype']);
const ARRAY_INDEX = /^(0|[1-9]\d{0,8})$/;

/** Reads the field `operations` of a multipart request. Throws BAD_REQUEST. */
export function parseOperations(text: unknown): Json {
  const operations = parseJson('operations', text);
  if (Array.isArray(operations)) {
    throw badRequest('The field "operations" is one GraphQL request: a batch is not taken.');
  }
  if (!isObject(operations)) {
    throw badRequest('The field "operations" is a JSON object: a GraphQL request.');
  }
  const known = REQUEST_KEYS.filter((key) => Object.hasOwn(operations, key));
  return Object.fromEntries(known.map((key) => [key, operations[key]]));
}

/**
 * Reads the field `map` of a multipart request: which part is the file of which place in the variables. A place is a
 * null of its own for each file, so that a map can overwrite nothing. Throws BAD_REQUEST, or PAYLOAD_TOO_LARGE for too
 * many files.
 */
export function parseMap(text: unknown, operations: Json, maxFiles: number): Map<string, Place> {
  const map = parseJson('map', text);
  if (!isObject(map) || Array.isArray(map)) {
    throw badRequest(
      'The field "map" is a JSON object: for each file, the name of its part and a list of one path.',
    );
  }
  const entries = Object.entries(map);
  if (entries.length > maxFiles) throw tooManyFiles(maxFiles);

  const taken = new Set<string>();
  return new Map(
    entries.map(([part, paths]) => {
      const path = onlyPath(part, paths);
      if (taken.has(path)) throw badRequest(`The map has two files for the path ${quote(path)}.`);
      taken.add(path);
      return [part, findPlace(path, operations)];
    }),
  );
}

export function tooManyFiles(maxFiles: number): ParleyError {
  return new ParleyError('PAYLOAD_TOO_LARGE', `A request has at most ${maxFiles} files.`);
}

export function badRequest(message: string, cause?: unknown): ParleyError {
  return new ParleyError('BAD_REQUEST', message, { cause });
}

/** Text of a client's for a message: short, and without anything that could break out of a line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function onlyPath(part: string, paths: unknown): string {
  // One file on several paths would be sent several times, and no operation here has a use for it.
  if (!Array.isArray(paths) || paths.length !== 1 || typeof paths[0] !== 'string') {
    throw badRequest(`The map's entry ${quote(part)} is a list of exactly one path.`);
  }
  return paths[0];
}

function findPlace(path: string, operations: Json): Place {
  const segments = path.length > MAX_PATH_LENGTH ? [] : path.split('.');
  const refused =
    segments.length < 2 ||
    segments.length > MAX_PATH_SEGMENTS ||
    segments[0] !== 'variables' ||
    segments.some((segment) => segment === '' || UNSAFE_SEGMENTS.has(segment));
  if (refused) throw badRequest(`The map's path ${quote(path)} is not one into "variables".`);

  const key = segments.pop()!;
  const parent = segments.reduce<unknown>((value, segment) => ownValue(value, segment), operations);
  if (!isObject(parent) || ownValue(parent, key) !== null) {
    throw badRequest(`The map's path ${quote(path)} does not lead to a null in "variables".`);
  }
  return { parent, key };
}

function ownValue(parent: unknown, key: string): unknown {
  if (!isObject(parent) || !Object.hasOwn(parent, key)) return undefined;
  return Array.isArray(parent) && !ARRAY_INDEX.test(key) ? undefined : parent[key];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

function parseJson(field: string, text: unknown): unknown {
  // There is no text where the part names a character encoding that does not exist.
  if (typeof text !== 'string') throw badRequest(`The field ${quote(field)} is text in UTF-8.`);
  try {
    return JSON.parse(text, refuseProto);
  } catch (cause) {
    throw badRequest(`The field ${quote(field)} is not JSON that can be read.`, cause);
  }
}

// As a key of JSON it is harmless, until something copies it into another object.
function refuseProto(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('a key is "__proto__"');
  return value;
}
