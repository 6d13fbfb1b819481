/** A source of numbers that is the same on every run. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** One of them; throws `RangeError` when there is none. */
  pick<T>(items: readonly T[]): T;
  /** True that often, 0 to 1. */
  chance(share: number): boolean;
  /** A version 4 UUID. */
  uuid(): string;
}

/** Mulberry32: 32 bits of state are plenty for a seed, and no dependency can change under it. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    between,
    pick(items) {
      const index = between(0, items.length - 1);
      if (index >= items.length || items.length === 0) throw new RangeError('nothing to pick from');
      return items[index] as (typeof items)[number];
    },
    chance: (share) => next() < share,
    uuid() {
      const word = (): string => between(0, 0xffffffff).toString(16).padStart(8, '0');
      const hex = word() + word() + word() + word();
      const variant = '89ab'[between(0, 3)];
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  };
}
