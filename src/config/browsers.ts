import { z } from 'zod';
import { list } from './list.ts';

const EXPLORERS = ['sandbox', 'graphiql', 'off'] as const;

/** What a browser gets that opens the graph's address. */
export type ExplorerKind = (typeof EXPLORERS)[number];

/** From where Apollo's own explorer asks, unless it is embedded. */
const STUDIO = 'https://studio.apollographql.com';

const trueOrFalse = z.enum(['true', 'false'], { error: 'must be true or false' });

/** The environment variables that are about browsers, and about what the graph tells of itself. */
export const browserVariables = {
  CORS_ORIGINS: list
    .refine(
      // `*` and `null` are no origins: every page has them.
      (origins) => origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
      'must be origins such as https://app.example.com, separated by commas',
    )
    .optional(),
  EXPLORER: z.enum(EXPLORERS, { error: `must be one of ${EXPLORERS.join(', ')}` }).optional(),
  INTROSPECTION: trueOrFalse.optional(),
};

type BrowserSettings = z.output<z.ZodObject<typeof browserVariables>>;

export interface BrowserConfig {
  /** The origins whose pages may ask. */
  readonly corsOrigins: readonly string[];
  readonly explorer: ExplorerKind;
  /** Whether the graph tells its schema, and makes suggestions from it. */
  readonly introspection: boolean;
}

export function toBrowsers(settings: BrowserSettings, production: boolean): BrowserConfig {
  const { CORS_ORIGINS, EXPLORER, INTROSPECTION } = settings;
  return {
    corsOrigins: [...new Set([...(CORS_ORIGINS ?? []), ...(production ? [] : [STUDIO])])],
    explorer: EXPLORER ?? (production ? 'off' : 'sandbox'),
    introspection: INTROSPECTION === undefined ? !production : INTROSPECTION === 'true',
  };
}
