/** Which part of a list is asked for. */
export interface NumberedPage {
  /** From 1. */
  readonly page: number;
  readonly per: number;
}

// pact.md names no maximum: that more is taken as this is our assumption.
const MAX_PER_PAGE = 150;

/** Undefined for what is refused with 400. */
export function parseNumberedPage(
  query: Readonly<Record<string, string>>,
  defaultPer: number,
): NumberedPage | undefined {
  const page = positive(query['page'] ?? '1');
  const per = positive(query['per_page'] ?? String(defaultPer));
  return page === undefined || per === undefined ? undefined : { page, per: Math.min(per, MAX_PER_PAGE) };
}

function positive(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
}

/** Cuts it out of rows that stand oldest first. */
export function cutPage<Row>(
  rows: readonly Row[],
  { page, per }: NumberedPage,
  order: 'asc' | 'desc',
): Row[] {
  const start = (page - 1) * per;
  if (order === 'asc') return rows.slice(start, start + per);
  const end = Math.max(0, rows.length - start);
  return rows.slice(Math.max(0, end - per), end).reverse();
}
