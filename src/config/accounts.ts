import { isIP } from 'node:net';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { isLoopback } from '../isLoopback.ts';
import { accountKeys } from './accountKeys.ts';
import { baseUrl } from './baseUrl.ts';
import type { ClaimsConfig, ClientConfig } from './callers.ts';
import { claims, clients, DEFAULT_CLAIMS } from './callers.ts';
import { pigeonsLive } from './pigeonsLive.ts';
import type { ProvidersConfig } from './resilience.ts';
import { providers } from './resilience.ts';
import { secret } from './secret.ts';
import { text } from './text.ts';

/** An address, or a network as CIDR writes it. */
function isSource(value: string): boolean {
  const [address = '', prefix, ...more] = value.split('/');
  const version = isIP(address);
  // A zone is of one machine's own.
  if (version === 0 || address.includes('%') || more.length > 0) return false;
  return (
    prefix === undefined ||
    (/^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
  );
}

const positive = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], { error: 'must be a whole number' })
  .refine((value) => Number.isSafeInteger(value) && value > 0, 'must be a whole number above 0');

const pact = z
  .strictObject({
    ...accountKeys,
    provider: z.literal('pact'),
    /** The company whose channels the account speaks for. */
    companyId: positive,
    token: secret,
    /** Which of Pact's two APIs is spoken; `v1` unless given. */
    apiVersion: z.enum(['v1', 'v2'], { error: 'must be "v1" or "v2"' }).optional(),
    /** The end of the address to which Pact posts webhooks: nothing else says that it is Pact who does. */
    webhookSecret: text
      .regex(/^[A-Za-z0-9_-]{16,128}$/, 'must be 16 to 128 letters, digits, "_" or "-"')
      .optional(),
    /** From where it may post them; undefined for anywhere. */
    webhookSources: z
      .array(text.refine(isSource, 'must be an IP address, or a network such as 192.0.2.0/24'), {
        error: 'must be a list',
      })
      .min(1, 'must name at least one address')
      .optional(),
    baseUrl: baseUrl.default('https://api.pact.im'),
  })
  .refine(
    ({ webhookSecret, webhookSources }) => webhookSecret !== undefined || webhookSources === undefined,
    {
      path: ['webhookSources'],
      error: 'goes with "webhookSecret": without it, no webhook is taken',
      when: () => true,
    },
  );

/** Where Letstalk tells what happens: channels at PubNub, which are a person's own. */
const letstalkLive = z.strictObject(
  {
    subscribeKey: secret,
    publishKey: secret.optional(),
    /** The person that the key belongs to: their channel has the number in its name. */
    userId: positive,
    /** What PubNub knows the person by; the account's `apiKey` unless given. */
    authKey: secret.optional(),
    // The key is part of what is asked for, over and over.
    origin: baseUrl
      .refine(isSafe, 'must be an https URL, except on this machine')
      .default('https://ps.pndsn.com'),
  },
  { error: 'must be a mapping of keys to values' },
);

function isSafe(value: string): boolean {
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || isLoopback(hostname);
}

const letstalk = z.strictObject({
  ...accountKeys,
  provider: z.literal('letstalk'),
  apiKey: secret,
  /** Whom the key belongs to: the one who asks, or the one who answers. */
  role: z.enum(['client', 'agent'], { error: 'must be "client" or "agent"' }),
  baseUrl: baseUrl.default('https://api.letsta.lk'),
  /** How it is heard what happens; without it, what happens is only seen when it is read. */
  live: letstalkLive.optional(),
});

const pigeons = z
  .strictObject({
    ...accountKeys,
    provider: z.literal('pigeons'),
    publicKey: secret,
    /** A user's token; or `tokenHeader`, the request header in which each caller brings their own. */
    token: secret.optional(),
    tokenHeader: text
      .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of an HTTP header')
      .transform((value) => value.toLowerCase())
      .optional(),
    /** The user that the token belongs to. */
    userUuid: text.min(1, 'must not be empty').optional(),
    baseUrl,
    live: pigeonsLive.optional(),
  })
  .refine(({ token, tokenHeader }) => (token === undefined) !== (tokenHeader === undefined), {
    error: 'needs either "token" or "tokenHeader"',
    // Also when another key is wrong: every mistake is named in one go.
    when: () => true,
  })
  .refine(({ tokenHeader, userUuid }) => tokenHeader === undefined || userUuid === undefined, {
    path: ['userUuid'],
    // One user's sends would be taken for another's.
    error: 'goes with "token": with "tokenHeader" each caller is somebody else',
    when: () => true,
  })
  .refine(({ tokenHeader, live }) => tokenHeader === undefined || live === undefined, {
    path: ['live'],
    // Nobody's token is there to listen with while nobody calls.
    error: 'goes with "token": with "tokenHeader" Parley has no token of its own',
    when: () => true,
  });

/** An account of any provider. */
const providerAccounts = [pact, letstalk, pigeons] as const;

const accountSchema = z.discriminatedUnion('provider', providerAccounts, {
  error: ({ input }) =>
    typeof input === 'object' && input !== null && !Array.isArray(input)
      ? `must be ${PROVIDERS}`
      : 'must be a mapping of keys to values',
});

const PROVIDERS = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
  providerAccounts.map(({ shape }) => `"${shape.provider.value}"`),
);

const accountsFile = z.strictObject(
  {
    accounts: z.array(accountSchema, { error: 'must be a list' }).min(1, 'must name at least one account'),
    /** Programs that call with keys of their own. */
    clients: clients.optional(),
    /** Where tokens say what their bearers may. */
    claims: claims.optional(),
    /** How all accounts of a provider are treated. */
    providers: providers.optional(),
  },
  { error: 'must have the key "accounts"' },
);

export type AccountConfig = z.output<typeof accountSchema>;

/** An accounts file: what is served, and to whom. */
export interface AccountsFile {
  readonly accounts: readonly AccountConfig[];
  /** Undefined where the file does not speak of any. */
  readonly clients: readonly ClientConfig[] | undefined;
  readonly claims: ClaimsConfig;
  /** Whether the file says them; else they are the usual ones. */
  readonly hasClaims: boolean;
  readonly providers: ProvidersConfig;
}

/** What {@link parseAccounts} gives: the file, or everything that is wrong with it. */
export type ParsedAccounts =
  | { readonly file: AccountsFile; readonly problems: readonly [] }
  | { readonly file?: undefined; readonly problems: readonly string[] };

/**
 * Reads an accounts file. Each `${NAME}` in a value stands for that environment variable. Problems name the key and
 * what it should be, never a value: values are secrets.
 */
export function parseAccounts(
  yaml: string,
  environment: Readonly<Record<string, string | undefined>>,
): ParsedAccounts {
  const parsed = parseYaml(yaml);
  if (parsed.problems.length > 0) return { problems: parsed.problems };
  const unfilled: Unfilled[] = [];
  const document = substitute(parsed.document, environment, [], unfilled);
  const result = accountsFile.safeParse(document);
  const problems = unfilled.map(({ path, problem }) => `${path}: ${problem}`);
  if (!result.success) problems.push(...toProblems(result.error, new Set(unfilled.map(({ path }) => path))));
  for (const key of ['accounts', 'clients']) {
    const ids = idsOf(document, key).filter((id, index, all) => all.indexOf(id) !== index);
    problems.push(...[...new Set(ids)].map((id) => `${key}: the id "${id}" is used more than once`));
  }
  if (!result.success) return { problems };
  const { accounts, clients, claims = DEFAULT_CLAIMS, providers = {} } = result.data;
  const file = { accounts, clients, claims, hasClaims: result.data.claims !== undefined, providers };
  problems.push(...strangers(file));
  return problems.length === 0 ? { file, problems: [] } : { problems };
}

/** Names of accounts that are none: what was meant is not known, and nobody would be let in. */
function strangers({ accounts, clients = [], claims }: AccountsFile): string[] {
  const known = new Set(accounts.map(({ id }) => id));
  const named = [
    ...clients.map((client, index) => [`clients[${index}].accounts`, client.accounts] as const),
    ...Object.entries(claims.accountValues ?? {}).map(
      ([value, ids]) => [`claims.accountValues.${value}`, ids] as const,
    ),
  ];
  return named.flatMap(([path, ids]) =>
    (ids === '*' ? [] : ids)
      .filter((id) => !known.has(id))
      .map((id) => `${path}: there is no account "${id}"`),
  );
}

// The parser's own messages quote the file, and so its secrets: its codes have to do. Aliases are of no use here, and
// can refer to themselves.
function parseYaml(yaml: string): { document: unknown; problems: string[] } {
  const document = parseDocument(yaml, { logLevel: 'error', prettyErrors: true });
  const problems = [...document.errors, ...document.warnings].map(({ code, linePos }) => {
    const place = linePos?.[0] ? ` at line ${linePos[0].line}, column ${linePos[0].col}` : '';
    return `is not valid YAML${place} (${code.toLowerCase().replaceAll('_', ' ')})`;
  });
  if (problems.length > 0 && yaml.includes('${')) problems.push('has "${": put each ${NAME} in quotes');
  if (problems.length > 0) return { document: undefined, problems };
  try {
    return { document: document.toJS({ maxAliasCount: 0 }), problems: [] };
  } catch {
    return { document: undefined, problems: ['uses aliases ("*name"), which are not taken here'] };
  }
}

/** A value whose placeholders can't be filled. */
interface Unfilled {
  readonly path: string;
  readonly problem: string;
}

// Looked for in what was written, since one mistake elsewhere leaves nothing parsed.
function idsOf(document: unknown, key: string): string[] {
  const list = ((document ?? {}) as Record<string, unknown>)[key];
  return (Array.isArray(list) ? list : []).flatMap((item: unknown) => {
    const { id } = (item ?? {}) as { id?: unknown };
    return typeof id === 'string' && !id.includes('${') ? [id] : [];
  });
}

function substitute(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  path: readonly (string | number)[],
  unfilled: Unfilled[],
): unknown {
  if (typeof value === 'string') return fill(value, environment, toPath(path), unfilled);
  if (Array.isArray(value)) {
    return value.map((item, index) => substitute(item, environment, [...path, index], unfilled));
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      // A key without a value is a key that is not there; but not where that would let in whoever was to be kept out.
      .filter(([, item]) => item !== null || path[0] === 'claims')
      .map(([key, item]) => [key, substitute(item, environment, [...path, key], unfilled)] as const);
    return Object.fromEntries(entries);
  }
  return value;
}

function fill(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
  path: string,
  unfilled: Unfilled[],
): string {
  if (text.replace(PLACEHOLDER, '').includes('${')) {
    unfilled.push({ path, problem: 'has "${" without the name of an environment variable and "}"' });
  }
  return text.replace(PLACEHOLDER, (placeholder, variable: string) => {
    const replacement = Object.hasOwn(environment, variable) ? environment[variable] : undefined;
    if (replacement) return replacement;
    unfilled.push({ path, problem: `the environment variable ${variable} is not set` });
    return placeholder;
  });
}

const PLACEHOLDER = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

function toProblems(error: z.ZodError, unfilled: ReadonlySet<string>): string[] {
  return error.issues
    .map((issue) => ({ path: toPath(issue.path), issue }))
    .filter(({ path }) => !unfilled.has(path))
    .map(({ path, issue }) =>
      issue.code === 'unrecognized_keys'
        ? `${path || 'the file'}: has unknown keys: ${issue.keys.join(', ')}`
        : `${path || 'the file'}: ${issue.message}`,
    );
}

function toPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key),
    '',
  );
}
