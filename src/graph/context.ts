import type { OperationDefinitionNode } from 'graphql';
import type { Logger } from 'pino';
import { createDeadline } from '../messaging/deadline.ts';
import type { Events } from '../messaging/events.ts';
import type { Gestures } from '../messaging/gestures.ts';
import type { ReadContext } from '../messaging/provider.ts';
import type { Accounts, Registry } from '../messaging/registry.ts';
import type { Sending } from '../messaging/sending.ts';
import type { Span } from '../messaging/span.ts';
import type { Uploading } from '../messaging/uploading.ts';
import type { UpstreamCalls } from '../messaging/upstreamCalls.ts';
import { createUpstreamCalls } from '../messaging/upstreamCalls.ts';
import type { UserErrorCode } from '../messaging/userErrors.ts';
import type { Caller, Viewer } from '../messaging/viewer.ts';
import type { Loaders } from './loaders.ts';
import { createLoaders } from './loaders.ts';
import type { OperationReport } from './operationReport.ts';

/** What the graph can do, whoever asks. */
export interface GraphServices {
  readonly sending: Sending;
  readonly uploading: Uploading;
  readonly gestures: Gestures;
  readonly events: Events;
  /** Whether everybody who may call may read the schema. */
  readonly tellsSchema: boolean;
  readonly log: Logger;
}

/** What every resolver of one operation gets. */
export interface GraphContext extends GraphServices {
  readonly loaders: Loaders;
  /** The accounts that the caller may use: there is no other way to one. */
  readonly accounts: Accounts;
  /** What reads at a provider need of the operation. */
  readonly read: ReadContext;
  /** Filled in as the operation goes on. */
  readonly cost: OperationCost;
  /** The codes of what its writes were refused for, whether or not the caller asks for them. Filled in likewise. */
  readonly refusals: Set<UserErrorCode>;
  /** Who asks. */
  readonly caller: Caller;
  readonly watch: OperationWatch | undefined;
  /** Forgets what the operation has read: what comes after a write reads what was written. */
  readonly forget: () => void;
}

/** Whoever wants to know how an operation goes. */
export interface OperationWatch {
  /** It is well-formed, and is executed next. */
  began(operation: OperationDefinitionNode, calls: UpstreamCalls): void;
  reported(report: OperationReport): void;
}

/** What an operation costs; its calls are counted in `read.calls`. */
export interface OperationCost {
  /** The calls to providers that it may come to; undefined until it has been checked. */
  estimate: number | undefined;
  /** The fields that its answer may have; undefined likewise. */
  fields: number | undefined;
}

export interface ContextOptions {
  readonly services: GraphServices;
  readonly registry: Registry;
  readonly viewer: Viewer;
  /** The incoming request's headers, by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Aborts when the caller is gone. */
  readonly signal: AbortSignal;
  /** Milliseconds that all reads may take together; counted anew after each write. */
  readonly readTime: number;
  /** Its span; undefined while nothing is traced. */
  readonly span: Span | undefined;
  readonly watch?: OperationWatch | undefined;
  /** Calls a listener when the operation is over. */
  readonly whenOver: (listener: () => void) => void;
}

/**
 * Nothing in a context outlives its operation, so that no caller can see what another one read. One is made for each event of each
 * subscriber: what most of those never ask for is made when it is, and no object has getters of its own, each of which costs V8 a shape.
 */
export function createContext(options: ContextOptions): GraphContext {
  const { services, registry, viewer, headers, signal, span, readTime, watch, whenOver } = options;
  const shared = new Map<string, Promise<unknown>>();
  const deadline = createDeadline(readTime);
  whenOver(() => deadline.end());
  const calls = createUpstreamCalls();
  const header = (name: string) => [headers[name] ?? []].flat()[0];
  const share = <T>(key: string, load: () => Promise<T>) => {
    const known = shared.get(key) as Promise<T> | undefined;
    if (known) return known;
    const loading = load();
    shared.set(key, loading);
    return loading;
  };
  const read: ReadContext = { signal, span, deadline, calls, header, share };
  const accounts = registry.of(viewer);
  const loaders = createLoaders(accounts, read);
  const { sending, uploading, gestures, events, tellsSchema, log } = services;
  return {
    // By name, here and wherever something is made for each operation, call or row: of an object that begins with `...`, V8 makes a
    // hidden class of its own each time, in the old generation.
    sending,
    uploading,
    gestures,
    events,
    tellsSchema,
    log,
    loaders,
    accounts,
    read,
    cost: { estimate: undefined, fields: undefined },
    refusals: new Set(),
    watch,
    caller: {
      viewer,
      accounts,
      // What a write goes by is as it is now, and takes the time that it takes.
      read: { signal, span, deadline: undefined, calls: calls.ofWrites, header, share, fresh: true },
    },
    forget() {
      deadline.renew();
      shared.clear();
      loaders.clear();
    },
  };
}
