/** How much in which time. */
export interface CallRate {
  readonly count: number;
  /** Milliseconds. */
  readonly per: number;
}

/** Lets calls go no faster than their provider takes them. */
export interface AdaptiveRate {
  /**
   * Takes a turn. Gives the milliseconds to wait for it; undefined, and no turn taken, where that is longer than `most`. A turn that
   * is taken is used.
   */
  take(most: number): number | undefined;
  /** Milliseconds until there is a turn. */
  wait(): number;
  /** The provider has said that it gets too much. */
  throttled(): void;
  succeeded(): void;
}

export interface AdaptiveRateOptions {
  /** What the provider documents, or whoever runs Parley knows: never gone beyond. */
  readonly known: readonly CallRate[];
  /** Whether what the provider says (429) lowers the rate. */
  readonly adapts: boolean;
  /** Milliseconds, from any instant on. */
  readonly now?: () => number;
}

/** Calls a second below which nothing is slowed down any further. */
const SLOWEST = 1;
/** How a success raises the rate: by a part of it, and a bit. */
const RISE = { factor: 1.1, step: 0.1 };
const SECOND = 1_000;

/** The first call that is told "too many" halves the rate that there was; each that succeeds raises it, until it is where it was twice over. */
export function createAdaptiveRate({
  known,
  adapts,
  now = () => performance.now(),
}: AdaptiveRateOptions): AdaptiveRate {
  const windows = known.map(createWindow);
  const recent = createWindow({ count: MOST_SEEN, per: SECOND });
  /** Calls a second that the provider is believed to take; Infinity for any number. */
  let learned = Infinity;
  let enough = Infinity;
  let loweredAt = -Infinity;
  /** The last turn that was given, and when the one after it comes by what was learned. */
  let lastTurn = -Infinity;
  let nextTurn = -Infinity;

  return {
    wait: () => waitAt(now()),
    take(most) {
      const at = now();
      const wait = waitAt(at);
      if (wait > most) return undefined;
      for (const window of windows) window.add(at + wait);
      recent.add(at + wait);
      lastTurn = Math.max(lastTurn, at + wait);
      if (learned !== Infinity) nextTurn = at + wait + SECOND / learned;
      return wait;
    },
    throttled() {
      const at = now();
      // Whatever was under way together is refused together, and says the same thing once.
      if (!adapts || at - loweredAt < SECOND) return;
      loweredAt = at;
      const seen = Math.max(recent.countBetween(at - SECOND, at), SLOWEST);
      enough = 2 * Math.min(seen, learned);
      learned = Math.max(SLOWEST, Math.min(seen, learned) / 2);
      // Turns that were given already are not given again.
      nextTurn = Math.max(at, lastTurn) + SECOND / learned;
    },
    succeeded() {
      if (learned === Infinity) return;
      learned = learned * RISE.factor + RISE.step;
      if (learned > enough) learned = Infinity;
    },
  };

  function waitAt(at: number): number {
    const turns = windows.map((window) => window.turn());
    if (learned !== Infinity) turns.push(nextTurn);
    return Math.max(0, ...turns.map((turn) => turn - at));
  }
}

/** More calls in a second than anybody makes by one account. */
const MOST_SEEN = 1_000;

interface Window {
  /** When the next call may be made. */
  turn(): number;
  add(at: number): void;
  /** After the one time, up to the other. */
  countBetween(from: number, until: number): number;
}

/** The times of the last calls: in any `per` milliseconds there are at most `count`. */
function createWindow({ count, per }: CallRate): Window {
  const times = new Array<number>(count).fill(-Infinity);
  let oldest = 0;
  return {
    turn: () => times[oldest]! + per,
    add(at) {
      times[oldest] = at;
      oldest = (oldest + 1) % count;
    },
    countBetween: (from, until) => times.filter((at) => at > from && at <= until).length,
  };
}
