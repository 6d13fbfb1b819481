import { ParleyError } from '../../messaging/errors.ts';
import type { SubscriptionRequest } from '../../messaging/subscribing.ts';

/**
 * What a request over HTTP asks for: of POST its body, of GET the parameters of its address, in which objects are JSON. Throws
 * `BAD_REQUEST`. A document that is missing is an empty one, since it may be known by another name.
 */
export function parseSubscriptionRequest(parameters: unknown): SubscriptionRequest {
  if (!isObject(parameters)) throw malformed('the request is one JSON object');
  const { query = '', operationName } = parameters;
  if (typeof query !== 'string') throw malformed('"query" is a text');
  if (operationName != null && typeof operationName !== 'string')
    throw malformed('"operationName" is a text');
  const variables = parseObject(parameters, 'variables');
  const extensions = parseObject(parameters, 'extensions');
  return { query, operationName, variables, extensions };
}

function parseObject(
  parameters: Readonly<Record<string, unknown>>,
  name: string,
): Record<string, unknown> | undefined {
  const value = parameters[name];
  if (value == null || value === '') return undefined;
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  if (!isObject(parsed)) throw malformed(`"${name}" is an object`);
  return parsed;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(what: string): ParleyError {
  return new ParleyError('BAD_REQUEST', `The request can't be read: ${what}.`);
}
