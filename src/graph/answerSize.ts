/**
 * Whether an answer, written as JSON, would have more than so many characters. Looks no further than that; what is shorter is
 * walked once, in less time than it takes to write.
 */
export function isLargerThan(most: number, value: unknown): boolean {
  let left = most;
  return !fits(value);

  function fits(part: unknown): boolean {
    left -= SMALL;
    if (typeof part === 'string') left -= part.length;
    if (left < 0) return false;
    if (typeof part !== 'object' || part === null) return true;
    if (Array.isArray(part)) {
      for (const item of part) if (!fits(item)) return false;
      return true;
    }
    // Without a list of its entries: there is one of these for each object of an answer.
    for (const key in part) {
      left -= key.length + SMALL;
      if (!fits((part as Record<string, unknown>)[key])) return false;
    }
    return true;
  }
}

/** About what stands around a value: quotes, a comma, or a number. */
const SMALL = 4;
