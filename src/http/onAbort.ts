import { setMaxListeners } from 'node:events';

/** Listens to a signal of an operation, which has as many reads under way as it likes: Node takes more than ten for a leak, and says so. */
export function onAbort(signal: AbortSignal, listener: () => void): void {
  setMaxListeners(Infinity, signal);
  signal.addEventListener('abort', listener, { once: true });
}
