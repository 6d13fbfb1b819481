import { isDeepStrictEqual } from 'node:util';
import type { Front, FrontName } from '../fronts/Front.ts';
import { FRONT_NAMES } from '../fronts/Front.ts';
import { bodyOf, createConnection } from '../load/createConnection.ts';
import type { Workload } from './Workload.ts';

/**
 * Throws unless the fronts answer the same: both graphs the messages that the providers hold, by id and text, and the limit what
 * Parley answers, to the last field.
 */
export async function verify(
  fronts: readonly Front[],
  { id, asks, expected, told }: Workload,
): Promise<void> {
  const answers = new Map<FrontName, any>();
  for (const { name, port } of fronts) {
    const ask = asks[name];
    if (!ask) continue;
    const connection = createConnection(port);
    const answer = await connection.ask(ask(0));
    connection.close();
    const text = bodyOf(answer).toString();
    const { data, errors } = JSON.parse(text) as { data?: any; errors?: unknown };
    if (answer.status !== 200 || errors || data == null) differs(id, name, text.slice(0, 2000));
    answers.set(name, data);
  }
  if (!expected || !told) return;
  for (const name of ['parley', 'mesh'] as const) {
    const data = answers.get(name);
    if (!data) continue;
    const facts = told[name](data);
    if (!isDeepStrictEqual(facts, expected)) differs(id, name, firstDifference(facts, expected));
  }
  const [parley, limit] = [answers.get('parley'), answers.get('limit')];
  if (parley && limit && !isDeepStrictEqual(parley, limit))
    differs(id, 'limit', firstDifference(limit, parley));
}

function differs(workload: string, front: FrontName, what: string): never {
  throw new Error(`${workload}: ${FRONT_NAMES[front]} does not answer what it has to: ${what}`);
}

/** The first place at which two values differ, for people. */
function firstDifference(a: any, b: any, path = ''): string {
  const isBranch = [a, b].every((value) => typeof value === 'object' && value !== null);
  if (!isBranch) return `${path}: ${JSON.stringify(a)} and not ${JSON.stringify(b)}`;
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const key = keys.find((one) => !isDeepStrictEqual(a[one], b[one]));
  return key === undefined ? `${path}: other prototypes` : firstDifference(a[key], b[key], `${path}.${key}`);
}
