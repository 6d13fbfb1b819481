/** How many messages one call gives; none documented, and the most that Parley asks for. */
export const PER_PAGE = 100;

// Letstalk's ids are integers. Nothing else exists there.
export function isLetstalkId(id: string): boolean {
  return /^(0|[1-9]\d{0,14})$/.test(id);
}
