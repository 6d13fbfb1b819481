/**
 * The present as milliseconds since 1970, for a row that arrives over HTTP; but at least `step` after the newest row of its list,
 * whose date may lie ahead: a list that is sorted by time has then the order of arrival.
 */
export function afterNewest(newest: string | null | undefined, step = 1): number {
  return Math.max(Date.now(), (Date.parse(newest ?? '') || 0) + step);
}
