import { LRUCache } from 'lru-cache';
import type { ErrorSource } from '../messaging/errors.ts';
import { ContractError } from '../messaging/errors.ts';
import { isExternalId } from '../messaging/ids.ts';
import { isShallow, MAX_DEPTH } from '../messaging/isShallow.ts';
import type { JsonObject } from '../messaging/provider.ts';

/**
 * Reads what came over the wire. Lenient where a field may be missing, null or of a neighbouring type: that costs the
 * field. Strict, by {@link Contract}, where an answer makes no sense without it.
 */

/** What parsers need to name a breach and to count what is lost. */
export interface WireContext {
  readonly source: ErrorSource;
  /** Told how many rows of a call's answer could not be read. */
  readonly lost: (call: string, count: number) => void;
  /** Told of an answer that is of no use as a whole. */
  readonly breached: (error: ContractError) => void;
}

/** A text; a number is taken for its digits. */
export function text(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null;
}

/** A text that says something: providers write "" for nothing as well. */
export function nonEmptyText(value: unknown): string | null {
  return text(value) || null;
}

/** A provider's own id, of the form that a global id can carry. */
export function externalId(value: unknown): string | null {
  // A number past what JavaScript can hold exactly has lost its last digits: two things would share it.
  const id = typeof value === 'number' && !Number.isSafeInteger(value) ? null : text(value);
  return isExternalId(id) ? id : null;
}

/** A count or size that fits GraphQL's `Int`; more than that is as good as unknown. */
export function count(value: unknown): number | null {
  const number = float(value);
  return number !== null && Number.isInteger(number) && number >= 0 && number <= 2 ** 31 - 1 ? number : null;
}

/** A number; a text of digits is taken for one. */
export function float(value: unknown): number | null {
  const number = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

export function boolean(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

/** An object; an empty array is PHP's way to write an empty one. */
export function object(value: unknown): JsonObject | null {
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) return value.length === 0 ? {} : null;
  return value as JsonObject;
}

/**
 * An object that is handed on as it is, with whatever it holds. One that is nested too deeply to be written again is
 * as good as unknown.
 */
export function freeObject(value: unknown): JsonObject | null {
  const parsed = object(value);
  return parsed && isShallow(parsed, MAX_DEPTH) ? parsed : null;
}

/** An array; anything else counts as empty. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** An absolute http(s) address; a site-relative one is taken relative to `base`. */
export function url(value: unknown, base?: string): string | null {
  if (typeof value !== 'string' || value === '') return null;
  const key = base === undefined ? value : `${base} ${value}`;
  const known = addresses.get(key);
  if (known !== undefined) return known;
  const address = parseUrl(value, base);
  if (address !== null && value.length <= MAX_KNOWN_LENGTH) addresses.set(key, address);
  return address;
}

function parseUrl(value: string, base: string | undefined): string | null {
  if (!URL.canParse(value, base)) return null;
  const parsed = new URL(value, base);
  return parsed.protocol === 'https:' || parsed.protocol === 'http:' ? parsed.href : null;
}

/** Addresses that were met lately: a person's picture comes with each message. */
const addresses = new LRUCache<string, string>({ max: 2_000 });
const MAX_KNOWN_LENGTH = 500;

/** Maps what can be mapped. An item that can't (null) is lost, and not its page: `lost` is told how many. */
export function items<T>(
  values: readonly unknown[],
  parse: (value: JsonObject, index: number) => T | null,
  lost: (count: number) => void,
): T[] {
  const parsed: T[] = [];
  for (let index = 0; index < values.length; index += 1) {
    const row = object(values[index]);
    const item = row && parse(row, index);
    if (item) parsed.push(item);
  }
  if (parsed.length < values.length) lost(values.length - parsed.length);
  return parsed;
}

/** What one call's answer must have. A breach throws a {@link ContractError} that names call and path. */
export interface Contract {
  object(value: unknown, path: string): JsonObject;
  list(value: unknown, path: string): readonly unknown[];
  breach(path: string): never;
}

export function createContract({ source, breached }: WireContext, call: string): Contract {
  const breach = (path: string): never => {
    const error = new ContractError(source, call, path);
    breached(error);
    throw error;
  };
  return {
    object: (value, path) => object(value) ?? breach(path),
    list: (value, path) => (Array.isArray(value) ? (value as readonly unknown[]) : breach(path)),
    breach,
  };
}
