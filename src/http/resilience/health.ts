import type { ParleyError } from '../../messaging/errors.ts';
import type { AccountStatus } from '../../messaging/registry.ts';

/** What the calls of one account have shown of its provider, without a call of its own. */
export interface AccountHealth {
  succeeded(): void;
  failed(error: ParleyError): void;
  status(): AccountStatus;
}

export interface HealthOptions {
  /** Whether the credentials are the account's. A caller's own may be wrong without any fault of the account. */
  readonly ownCredentials: boolean;
}

export function createHealth({ ownCredentials }: HealthOptions): AccountHealth {
  let failuresInARow = 0;
  let credentialsRefused = false;

  const succeeded = () => {
    failuresInARow = 0;
    credentialsRefused = false;
  };

  return {
    succeeded,
    failed({ code }) {
      const isRefusal = code === 'PROVIDER_UNAUTHENTICATED';
      // A clear no to one request says that the provider is there.
      if (!AILMENTS.has(code) || (isRefusal && !ownCredentials)) {
        succeeded();
        return;
      }
      failuresInARow += 1;
      credentialsRefused = isRefusal;
    },
    status() {
      if (credentialsRefused || failuresInARow >= UNAVAILABLE_AFTER) return 'UNAVAILABLE';
      return failuresInARow > 0 ? 'DEGRADED' : 'OPERATIONAL';
    },
  };
}

/** With its retries, one read that fails for good is enough. */
const UNAVAILABLE_AFTER = 3;

const AILMENTS: ReadonlySet<string> = new Set([
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_TIMEOUT',
  // Only told where it was waited for so long that there was no answer to be had.
  'CANCELLED',
  'PROVIDER_CONTRACT',
  'PROVIDER_UNAUTHENTICATED',
  'PROVIDER_PAYMENT_REQUIRED',
  'PROVIDER_RATE_LIMITED',
]);
