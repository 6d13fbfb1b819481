/** Milliseconds since 1970 as Letstalk writes a date: `2019-10-04T14:37:22.000+0000`, the offset without a colon (letstalk.md). */
export function toLetstalkDate(time: number): string {
  return new Date(time).toISOString().replace('Z', '+0000');
}
