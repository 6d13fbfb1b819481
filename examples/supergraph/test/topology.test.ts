import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, describe, it } from 'node:test';
import { freePort, isFree } from '../topology/freePort.ts';
import type { RunningProcess } from '../topology/startProcess.ts';
import { PARLEY, startProcess } from '../topology/startProcess.ts';
import { ask } from './ask.ts';

const NAMES = ['GATEWAY_PORT', 'PARLEY_PORT', 'CRM_PORT', 'S3_PORT', 'REDIS_PORT'];

describe('npm run supergraph', () => {
  const running: RunningProcess[] = [];
  after(() => Promise.all(running.map((one) => one.stop())));

  it('starts everything, says what to ask, and stops everything on Ctrl-C', async () => {
    const ports = await choosePorts();
    const topology = await start(ports);
    running.push(topology);
    const [, token, url, body] = topology.found;
    const { query } = JSON.parse(body!) as { query: string };
    const { data, errors } = await ask(url!, query, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(errors, undefined);
    assert.equal(data.customers.nodes.length, 2);
    for (const { conversations } of data.customers.nodes)
      for (const { messages } of conversations) assert.equal(messages.nodes.length, 2);

    await topology.stop('SIGINT');
    assert.equal((await topology.ended).code, 0);
    for (const port of Object.values(ports)) assert.ok(await isFree(Number(port)), port);
  });

  it('stops as well while it starts', async () => {
    const ports = await choosePorts();
    const topology = await start(ports, /(Object storage)/);
    running.push(topology);
    await topology.stop('SIGINT');
    assert.equal((await topology.ended).code, 0);
    for (const port of Object.values(ports)) assert.ok(await isFree(Number(port)), port);
  });

  it('says which port is taken, for what, and how to choose another', async () => {
    const ports = await choosePorts();
    const other = createServer().listen(Number(ports['CRM_PORT']), '127.0.0.1');
    await once(other, 'listening');
    try {
      await assert.rejects(
        start(ports),
        new RegExp(
          `ended \\(1\\)[^]*Port ${ports['CRM_PORT']}, for the CRM, is taken. Choose another: CRM_PORT=`,
        ),
      );
    } finally {
      other.close();
    }
  });
});

function start(ports: Record<string, string>, serves = SAID): Promise<RunningProcess> {
  return startProcess({
    name: 'The topology',
    command: [process.execPath, '--import', 'tsx', 'examples/supergraph/topology/main.ts'],
    folder: PARLEY,
    environment: ports,
    serves,
  });
}

const SAID = /TOKEN=(\S+)\s+curl -s (\S+) [^]*-d '(.*)'[^]*Ctrl-C stops everything/;

async function choosePorts(): Promise<Record<string, string>> {
  const ports: Record<string, string> = {};
  for (const name of NAMES) ports[name] = String(await freePort());
  return ports;
}
