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
   * is taken is used, or given back.
   */
  take(most: number): number | undefined;
  /** The turn that was taken last, by which it can be given back. */
  readonly taken: number;
  /**
   * Gives back a turn that is still to come, since nobody waits for it any more: otherwise whoever comes and goes would have the others
   * wait for nothing. One that is over does nobody good.
   */
  giveBack(turn: number): void;
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
  let taken = -Infinity;
  /** Turns that were given back, in order. Up to `settled` none is given again. */
  let spare: number[] = [];
  let settled = -Infinity;

  return {
    get taken() {
      return taken;
    },
    wait: () => {
      const at = now();
      return turnAfter(at) - at;
    },
    take(most) {
      const at = now();
      const turn = turnAfter(at);
      if (turn - at > most) return undefined;
      taken = turn;
      // One that was given back has its place among the others already.
      if (turn === spare[0]) spare.shift();
      else add(turn);
      return turn - at;
    },
    giveBack(turn) {
      if (turn <= Math.max(now(), settled)) return;
      spare = [...spare, turn].sort((a, b) => a - b);
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
      settled = lastTurn;
      spare = [];
    },
    succeeded() {
      if (learned === Infinity) return;
      learned = learned * RISE.factor + RISE.step;
      if (learned > enough) learned = Infinity;
    },
  };

  function turnAfter(at: number): number {
    const turns = windows.map((window) => window.turn());
    if (learned !== Infinity) turns.push(nextTurn);
    const next = Math.max(at, ...turns);
    while (spare.length > 0 && spare[0]! < at) spare.shift();
    return Math.min(next, spare[0] ?? next);
  }

  function add(turn: number): void {
    for (const window of windows) window.add(turn);
    recent.add(turn);
    lastTurn = Math.max(lastTurn, turn);
    if (learned !== Infinity) nextTurn = turn + SECOND / learned;
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
