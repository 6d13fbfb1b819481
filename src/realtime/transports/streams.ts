import type { CloseReason } from './observer.ts';

/** Somebody who is sent the events of one subscription. */
export interface Stream {
  /** Settles once nothing more goes out. */
  readonly over: Promise<void>;
  /** Ends it with a last result that says why. */
  stop(): void;
  cut(reason: CloseReason): void;
}

/** Ends all of them; cuts off what is left when the signal aborts. `aborted` is called before that. */
export async function endStreams(
  streams: ReadonlySet<Stream>,
  signal: AbortSignal,
  aborted: () => void = () => undefined,
): Promise<void> {
  const cut = () => {
    aborted();
    for (const stream of streams) stream.cut('stopped');
  };
  signal.addEventListener('abort', cut);
  for (const stream of streams) stream.stop();
  if (signal.aborted) cut();
  await Promise.all([...streams].map(({ over }) => over));
  signal.removeEventListener('abort', cut);
}
