/** What the benchmark's upstream holds, and what is said to it while it runs. */

/** The providers, by the names under which their calls are counted. */
export const PROVIDERS = ['pact', 'letstalk', 'pigeons'] as const;
export type UpstreamProvider = (typeof PROVIDERS)[number];

/** One message as the provider holds it: its own id and its text. */
export type Fact = readonly [externalId: string, text: string | null];

/** How many there are of whatever is asked for at once: as many as there are clients at the most. */
export const LANES = 50;

/** Messages of a conversation in the table of growth. */
export const LENGTHS = [20, 200, 2000] as const;

/** Conversations that are asked for in turn, in the other table of growth. */
export const HELD = [10, 1_000, 10_000] as const;
/** The ids of those, at Pact, from here on: all of them have the messages of one. */
export const FIRST_HELD = 8_000_000_000;

export interface UpstreamContent {
  readonly urls: Readonly<Record<UpstreamProvider, string>>;
  readonly companyId: number;
  readonly pactToken: string;
  readonly letstalkKey: string;
  readonly pigeonsKey: string;
  readonly pigeonsToken: string;
  /** Whose token that is. */
  readonly pigeonsUser: string;
  /** The ten that its list begins with, newest created first. */
  readonly pigeons: readonly string[];
  /** One for each lane, of Pact. */
  readonly pact: readonly string[];
  /** One for each lane, of Letstalk, with more than 200 messages. */
  readonly letstalk: readonly string[];
  /** The five that W2 names. */
  readonly letstalkNamed: readonly string[];
  /** On a messenger that takes any file. */
  readonly uploads: string;
  /** For each lane the five conversations of W3, with the ids of their 20 last messages. */
  readonly entities: readonly (readonly {
    readonly conversation: string;
    readonly messages: readonly string[];
  }[])[];
  /** One of each length, by provider. */
  readonly growth: Readonly<Record<UpstreamProvider, readonly string[]>>;
  /** The last messages of whatever is read in lane 0, oldest first. */
  readonly last: {
    readonly pact: readonly Fact[];
    readonly letstalk: readonly Fact[];
    /** Of the five conversations of W3, one after the other. */
    readonly entities: readonly Fact[];
    /** Of ten, ten and five conversations, in the order of the lists. */
    readonly lists: readonly (readonly Fact[])[];
  };
}

export type Order =
  | { readonly kind: 'latency'; readonly milliseconds: number }
  /** Counts anew; answered by `counts` of what was counted until now. */
  | { readonly kind: 'count' };

export type Report =
  | { readonly kind: 'ready'; readonly content: UpstreamContent }
  | { readonly kind: 'counts'; readonly calls: Readonly<Record<UpstreamProvider, number>> }
  | { readonly kind: 'done' };
