/** Milliseconds since 1970 as Pigeons writes a date: `2025-11-02T10:30:00+00:00` (its founding page). */
export function toPigeonsDate(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}+00:00`;
}
