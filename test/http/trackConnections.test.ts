import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { createServer } from 'node:http';
import { afterEach, expect, it } from '@jest/globals';
import { takeUpgrades } from '../../src/realtime/transports/upgrades.ts';
import { trackConnections } from '../../src/trackConnections.ts';

const undo: (() => unknown)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

it('keeps no more of a connection that asks for something else with each request', async () => {
  const server = createServer((_request, response) => response.end('ok'));
  const closeIdle = trackConnections(server);
  takeUpgrades(
    server,
    () => false,
    () => undefined,
  );
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => server.close());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  undo.push(() => client.destroy());

  const ask = async () => {
    client.write('GET / HTTP/1.1\r\nhost: h\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n');
    await once(client, 'data');
  };
  await ask();
  const [socket] = sockets;
  const before = socket!.listenerCount('close');
  for (let count = 0; count < 10; count += 1) await ask();

  expect(sockets.size).toBe(1);
  expect(socket!.listenerCount('close')).toBe(before);
  closeIdle();
  await once(client, 'close');
});
