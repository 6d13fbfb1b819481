/** A state that can go back to its seed. */
export interface Seeded<State> {
  /** To read. */
  readonly now: () => State;
  /** To change: the next `reset` will then build the seed again. */
  readonly change: () => State;
  readonly reset: () => void;
}

/** Builds the seed at once; `reset` builds it again only after a change, since most tests only read and reset before each. */
export function createSeeded<State>(seed: () => State): Seeded<State> {
  let state = seed();
  let changed = false;
  return {
    now: () => state,
    change() {
      changed = true;
      return state;
    },
    reset() {
      if (changed) state = seed();
      changed = false;
    },
  };
}
