import { z } from 'zod';
import type { Fault, FaultOptions } from './core/Emulator.ts';
import { emulatorNames } from './emulators.ts';
import type { EmulatorName } from './emulators.ts';

/** A fault to switch on over HTTP. */
export interface FaultRequest {
  readonly provider: EmulatorName;
  readonly fault: Fault;
  readonly options: FaultOptions;
}

const target = {
  provider: z.enum(emulatorNames),
  call: z.string().optional(),
  times: z.union([z.int().positive(), z.literal('always')]).optional(),
};

const only = { error: 'expected true' };

// Every fault that JSON can say; one that takes a function or a predicate stays with the tests.
const faults = {
  status: z.strictObject({
    ...target,
    status: z.int().min(200).max(599),
    body: z.unknown().optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }),
  delay: z.strictObject({ ...target, delay: z.number().nonnegative().max(600_000) }),
  hang: z.strictObject({ ...target, hang: z.literal(true, only) }),
  hangBody: z.strictObject({ ...target, hangBody: z.literal(true, only) }),
  truncate: z.strictObject({ ...target, truncate: z.literal(true, only) }),
  malformed: z.strictObject({ ...target, malformed: z.literal(true, only) }),
  html: z.strictObject({ ...target, html: z.literal(true, only) }),
  redirect: z.strictObject({ ...target, redirect: z.string().min(1) }),
  reset: z.strictObject({ ...target, reset: z.literal(true, only) }),
  acceptThen: z.strictObject({
    ...target,
    acceptThen: z.union([z.enum(['reset', 'hang']), z.int().min(200).max(599)]),
  }),
  acceptLate: z.strictObject({ ...target, acceptLate: z.number().nonnegative().max(600_000) }),
  oversize: z.strictObject({ ...target, oversize: z.int().positive().max(1_000_000_000) }),
};

/**
 * Reads the body of `POST /_sandbox/faults`: `{provider, call?, times?, …fault}`, `times` a number or `"always"`. Answers a list of sentences that say what is
 * wrong instead, when something is. `callsOf` gives the names of a provider's calls.
 */
export function parseFaultRequest(
  body: unknown,
  callsOf: (provider: FaultRequest['provider']) => readonly string[],
): FaultRequest | readonly string[] {
  const given = typeof body === 'object' && body !== null ? Object.keys(body) : [];
  const kinds = (Object.keys(faults) as (keyof typeof faults)[]).filter((kind) => given.includes(kind));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    return [
      `give exactly one of ${Object.keys(faults).join(', ')}, next to provider and, if you like, call and times`,
    ];
  }
  const parsed = faults[kind].safeParse(body);
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  }
  const { provider, call, times, ...fault } = parsed.data;
  const calls = callsOf(provider);
  if (call !== undefined && !calls.includes(call)) return [`call: ${provider} has ${calls.join(', ')}`];
  return {
    provider,
    fault: fault as Fault,
    options: {
      ...(call !== undefined && { call }),
      ...(times !== undefined && { times: times === 'always' ? Infinity : times }),
    },
  };
}
