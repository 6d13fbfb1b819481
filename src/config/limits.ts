import type { z } from 'zod';
import { rate, wholeNumber } from './quantities.ts';
import type { Rate } from './quantities.ts';

/** The environment variables that bound what a caller may ask for. */
export const limitVariables = {
  MAX_BODY_BYTES: wholeNumber(1_024, 64 * 2 ** 20).default(2 ** 20),
  MAX_TOKENS: wholeNumber(100, 100_000).default(10_000),
  MAX_DEPTH: wholeNumber(1, 100).default(15),
  MAX_ALIASES: wholeNumber(0, 10_000).default(200),
  MAX_DIRECTIVES: wholeNumber(0, 10_000).default(100),
  MAX_COST: wholeNumber(1, 1_000_000).default(500),
  MAX_ANSWER_BYTES: wholeNumber(2 ** 16, 2 ** 28).default(32 * 2 ** 20),
  RATE_LIMIT_OPERATIONS: rate().optional(),
  RATE_LIMIT_SENDS: rate().optional(),
};

type LimitSettings = z.output<z.ZodObject<typeof limitVariables>>;

/** What one operation, and one viewer, may ask for at the most. */
export interface LimitsConfig {
  /** Of a request without files. */
  readonly maxBodyBytes: number;
  /** Of a document, as GraphQL's lexer counts them. */
  readonly maxTokens: number;
  readonly maxDepth: number;
  readonly maxAliases: number;
  readonly maxDirectives: number;
  /** Calls to providers that an operation may come to. */
  readonly maxCost: number;
  /** Of an answer, about: characters are counted. */
  readonly maxAnswerBytes: number;
  /** Operations of one viewer; undefined for no limit. */
  readonly operations: Rate | undefined;
  /** Messages that one viewer sends. */
  readonly sends: Rate | undefined;
}

export function toLimits(settings: LimitSettings): LimitsConfig {
  return {
    maxBodyBytes: settings.MAX_BODY_BYTES,
    maxTokens: settings.MAX_TOKENS,
    maxDepth: settings.MAX_DEPTH,
    maxAliases: settings.MAX_ALIASES,
    maxDirectives: settings.MAX_DIRECTIVES,
    maxCost: settings.MAX_COST,
    maxAnswerBytes: settings.MAX_ANSWER_BYTES,
    operations: settings.RATE_LIMIT_OPERATIONS,
    sends: settings.RATE_LIMIT_SENDS,
  };
}
