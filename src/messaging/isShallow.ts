/** Whether a value of JSON has no more than that many levels: deeper ones can't be written again without running out of stack. */
export function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((item) => isShallow(item, depth - 1));
}

/** Levels that any JSON which is handed on may have. */
export const MAX_DEPTH = 32;
