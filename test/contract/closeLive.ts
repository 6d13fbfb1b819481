import { ProviderError } from '../../src/messaging/errors.ts';
import { createPigeonsLive } from '../../src/providers/pigeons/live.ts';
import { createHeard } from './heard.ts';
import { operation } from './operation.ts';

// A process of its own: it opens a live connection, closes it at the moment that is asked for, and ends when nothing is left of it.
const when = process.argv[2];
const heard = createHeard();
let asked = (): void => undefined;
const askedFor = new Promise<void>((resolve) => (asked = resolve));

const connection = createPigeonsLive({
  key: when === 'refused' ? 'other-key' : process.env['LIVE_KEY']!,
  url: process.env['LIVE_URL']!,
  isPigeonsId: () => true,
  toMessage: () => {
    throw new Error('no message was expected');
  },
  lost: () => undefined,
  sign(_channel, _socketId, { signal }) {
    asked();
    if (when === 'putOff')
      return Promise.reject(new ProviderError('PROVIDER_UNAVAILABLE', 'not now', { retryable: true }));
    return new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(new Error('ended'))),
    );
  },
})(heard, operation());

if (when === 'signing' || when === 'putOff') connection.follow!('one');
if (when === 'signing') await askedFor;
else if (when !== 'connecting') await heard.next();
if (when === 'lost') await heard.next();
await connection.close();
