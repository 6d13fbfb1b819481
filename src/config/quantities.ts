import { z } from 'zod';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

// What Node's timers can hold: longer ones would fire at once.
const MAX_TIMER = 2 ** 31 - 1;

const DURATION = 'must be a duration such as 500ms, 15s, 10m, 24h or 7d, above 0';

/** A duration as text, in milliseconds. */
export function duration(most = Number.MAX_SAFE_INTEGER) {
  return z
    .string()
    .regex(/^\d{1,9}(ms|s|m|h|d)$/, DURATION)
    .transform((text) => Number.parseInt(text, 10) * UNITS[text.replace(/^\d+/, '')]!)
    .refine((value) => value > 0 && value <= most, DURATION);
}

/** A duration that a timer waits for: 24 days at the most. */
export const timeout = () => duration(MAX_TIMER);

/** A duration, or `unlimited`, which is Infinity. */
export const durationOrUnlimited = () =>
  z.union([z.literal('unlimited').transform(() => Infinity), duration()], {
    error: `${DURATION}, or unlimited`,
  });

/** A whole number of something. */
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);

/** How much in which time. */
export interface Rate {
  readonly count: number;
  /** Milliseconds. */
  readonly per: number;
}

const RATE = 'must be a number and a duration such as 600/1m';

/** A rate as text: `600/1m` is six hundred a minute. */
export const rate = () =>
  z
    .string()
    .regex(/^[1-9]\d{0,8}\/[1-9]\d{0,8}(ms|s|m|h|d)$/, RATE)
    .transform((text): Rate => {
      const [count = '', per = ''] = text.split('/');
      return { count: Number(count), per: duration().parse(per) };
    })
    // Counted by the second.
    .refine(({ per }) => per >= 1_000 && per <= UNITS['d']!, 'must be for a time from 1s to 1d');
