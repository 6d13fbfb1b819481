import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/**
 * An agent whose connections are cut when a signal aborts, and which makes none from then on. Each is for one request: where there is one
 * every few seconds, that costs nothing, and none is left over in the end.
 */
export function createCuttableAgent(protocol: string, signal: AbortSignal): HttpAgent {
  const agent =
    protocol === 'https:' ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false });
  if (signal.aborted) cut(agent);
  // Not by the `signal` that sockets take: theirs hold on to it after they have closed.
  else signal.addEventListener('abort', () => cut(agent), { once: true });
  return agent;
}

function cut(agent: HttpAgent): void {
  const over = Object.assign(new Error('No connections are made any more.'), { code: 'ABORT_ERR' });
  agent.createConnection = () => {
    throw over;
  };
  for (const sockets of Object.values(agent.sockets))
    for (const socket of sockets ?? []) socket.destroy(over);
}
