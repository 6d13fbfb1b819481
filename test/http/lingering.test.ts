import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';

describe('whoever goes on sending what was refused', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({
      environment: { AUTH: 'router', ROUTER_SECRET: 'a-secret-that-is-long-enough-to-be-one' },
    });
  });
  afterAll(() => harness.close());

  it.each([
    ['without being known', '/graphql', 401],
    ['to where nothing is', '/nowhere', 404],
  ])('%s gets an answer at once, and is cut off after a while', async (_what, path, status) => {
    // Only timers: sockets go on by themselves.
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
    const socket = connect(Number(new URL(harness.url).port), '127.0.0.1');
    try {
      await once(socket, 'connect');
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.on('error', () => undefined);
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n{`,
      );
      expect(await answerOf(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(socket.destroyed).toBe(false);
      socket.write(' ');
      await jest.advanceTimersByTimeAsync(5_000);
      await closed;
    } finally {
      jest.useRealTimers();
      socket.destroy();
    }
  });
});

async function answerOf(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}
