import type { ParleyError } from '../messaging/errors.ts';
import { CLUSTER_DOWN, REPLICA, storeError, toStoreError } from './errors.ts';

/** Whether the Redis at the other end keeps what it is given. */
export interface Trust {
  /**
   * Throws where it does not, or can't be asked. Waits for an answer only where there is none yet, or a bad one; a good one
   * that is old is asked for again meanwhile.
   */
  ensure(): Promise<void>;
  /** For a new connection, behind which another Redis may be. */
  forget(): void;
}

export interface TrustOptions {
  /** Gives the sections "memory" and "replication" of INFO, and what CLUSTER INFO says, of everybody who takes writes. */
  readonly loadInfo: () => Promise<readonly string[]>;
  /** Milliseconds that a good answer is good for. */
  readonly maxAge: number;
  /** Told what is wrong, each time. */
  readonly report: (error: ParleyError) => void;
  /** Milliseconds, from any instant on. */
  readonly now: () => number;
}

export function createTrust({ loadInfo, maxAge, report, now }: TrustOptions): Trust {
  let trustedAt: number | undefined;
  let asking: Promise<void> | undefined;

  return {
    async ensure() {
      if (trustedAt === undefined) return ask();
      // Whatever is wrong is told to the next call, which will have to wait for an answer.
      if (now() - trustedAt >= maxAge) void ask().catch(() => undefined);
    },
    forget() {
      trustedAt = undefined;
      asking = undefined;
    },
  };

  function ask(): Promise<void> {
    if (asking) return asking;
    const own = look().then(
      () => settle(now()),
      (error: unknown) => {
        settle(undefined);
        throw error;
      },
    );
    asking = own;
    return own;

    // An answer that comes after the connection that it is about says nothing any more.
    function settle(time: number | undefined): void {
      if (asking !== own) return;
      asking = undefined;
      trustedAt = time;
    }
  }

  async function look(): Promise<void> {
    try {
      const problems = (await loadInfo()).map(findProblem);
      const problem = problems.find((one) => one !== undefined);
      if (problem !== undefined) throw storeError(problem);
    } catch (thrown) {
      const error = toStoreError(thrown);
      report(error);
      throw error;
    }
  }
}

/** Field names as of https://redis.io/docs/latest/commands/info/ and …/cluster-info/ */
function findProblem(info: string): string | undefined {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  if (field('role') === 'slave') return REPLICA;
  if (field('cluster_state') === 'fail') return CLUSTER_DOWN;
  if (field('maxmemory') === '0') return undefined;
  const policy = field('maxmemory_policy');
  if (policy === 'noeviction') return undefined;
  const found = policy && /^[a-z-]+$/.test(policy) ? `it is ${policy}` : 'it does not say what it is';
  return (
    'Redis may throw away what must be remembered, so that a message would be sent twice: ' +
    `set its maxmemory-policy to noeviction (${found}).`
  );
}
