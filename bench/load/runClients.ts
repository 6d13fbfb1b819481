import { createConnection } from './createConnection.ts';

export interface Load {
  readonly port: number;
  /** What the client in that lane asks next. */
  readonly request: (lane: number) => Buffer;
  /** How many clients ask at once, each in a lane of its own. */
  readonly clients: number;
  /** Seconds. Without `requests` it goes on for as long. */
  readonly seconds: number;
  /** Ends once there were as many, whatever time it takes. */
  readonly requests?: number;
}

export interface Times {
  /** Milliseconds of each answer. */
  readonly latencies: readonly number[];
  /** From the first request to the last answer. */
  readonly seconds: number;
}

// `"userErrors":[]` does not hold it: what precedes has another quote.
const ERRORS = Buffer.from('"errors":[');
const EMPTY_ERRORS = Buffer.from('"errors":[]');

/** Has clients ask, each again once it was answered. Throws for an answer that is an error. */
export async function runClients({
  port,
  request,
  clients,
  seconds,
  requests = Infinity,
}: Load): Promise<Times> {
  const latencies: number[] = [];
  const connections = Array.from({ length: clients }, () => createConnection(port));
  const startedAt = performance.now();
  const deadline = requests === Infinity ? startedAt + seconds * 1000 : Infinity;
  let begun = 0;
  try {
    await Promise.all(
      connections.map(async (connection, lane) => {
        while (begun < requests && performance.now() < deadline) {
          begun += 1;
          const bytes = request(lane);
          const askedAt = performance.now();
          const { status, raw } = await connection.ask(bytes);
          latencies.push(performance.now() - askedAt);
          const isError = status !== 200 || (raw.includes(ERRORS) && !raw.includes(EMPTY_ERRORS));
          if (isError) throw new Error(`a front has answered ${status}: ${raw.toString('utf8', 0, 1000)}`);
        }
      }),
    );
  } finally {
    for (const connection of connections) connection.close();
  }
  return { latencies, seconds: (performance.now() - startedAt) / 1000 };
}
