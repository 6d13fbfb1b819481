import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface Frame {
  readonly event: string;
  readonly channel?: string;
  readonly data: any;
}

/** A client of the Pusher protocol that a test says each word to. */
export interface PusherClient {
  /** Of the greeting; undefined where there was another one. */
  readonly socketId: string | undefined;
  readonly greeting: Frame;
  say(event: string, data: unknown): void;
  /** The next frame, its data parsed where it is the text of some JSON. */
  next(): Promise<Frame>;
  /** The code with which the other side ended it. */
  readonly closed: Promise<number>;
  end(): void;
}

/** Connects, and waits for the greeting. Rejects where the connection is refused. */
export async function connectPusher(url: string): Promise<PusherClient> {
  const socket = new WebSocket(url);
  const frames: Frame[] = [];
  const waiting: ((frame: Frame) => void)[] = [];
  socket.on('message', (data: Buffer) => {
    const frame = parse(data.toString());
    const first = waiting.shift();
    if (first) first(frame);
    else frames.push(frame);
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await once(socket, 'open');
  const next = (): Promise<Frame> => {
    const frame = frames.shift();
    return frame ? Promise.resolve(frame) : new Promise((resolve) => waiting.push(resolve));
  };
  const greeting = await next();
  return {
    greeting,
    socketId: greeting.data.socket_id,
    say: (event, data) => socket.send(JSON.stringify({ event, data })),
    ...{ next, closed },
    end: () => socket.terminate(),
  };
}

function parse(text: string): Frame {
  const frame = JSON.parse(text);
  return typeof frame.data === 'string' ? { ...frame, data: JSON.parse(frame.data) } : frame;
}
