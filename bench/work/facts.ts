import type { Fact } from '../upstream/Upstream.ts';

/** Which messages an answer tells, oldest first. */

export function factsOfNodes(nodes: readonly any[]): Fact[] {
  return nodes.map(({ id, text }) => [Buffer.from(id, 'base64url').toString().split(':').at(-1)!, text]);
}

export function factsOfPact({ data }: any): Fact[] {
  return data.messages.map((row: any): Fact => [String(row.external_id), row.message || null]).reverse();
}

export function factsOfLetstalk(rows: readonly any[]): Fact[] {
  return rows.map((row): Fact => [String(row.id), row.content || null]).reverse();
}

export function factsOfPigeons({ data }: any, count: number): Fact[] {
  return [...data]
    .sort((a, b) => Date.parse(a.timestamps.sent_at) - Date.parse(b.timestamps.sent_at))
    .slice(-count)
    .map((row): Fact => [row.message_id, row.context.text || null]);
}
