import type { Config } from '../config/index.ts';
import type { Check, Finding } from './runCheck.ts';

/** Whether what is said of Parley's own address can be right: recipients of files get it to read them from. */
export function checkPublicUrl({ publicUrl, accounts }: Pick<Config, 'publicUrl' | 'accounts'>): Check {
  return {
    name: 'public URL',
    run: () => (publicUrl === undefined ? withoutUrl(accounts) : judge(new URL(publicUrl))),
  };
}

function withoutUrl(accounts: Config['accounts']): Finding {
  if (accounts?.some(({ provider }) => provider === 'pigeons')) {
    return {
      result: 'warning',
      detail:
        'PUBLIC_URL is not set: recipients of files over Pigeons get the address that Parley listens on.',
      advice: 'Set PUBLIC_URL to the address at which the world reaches Parley.',
    };
  }
  return { result: 'ok', detail: 'not set: nothing here needs it' };
}

function judge({ protocol, hostname, pathname, href }: URL): Finding {
  if (isOfThisMachine(hostname)) {
    return {
      result: 'warning',
      detail: `${hostname} is an address that nobody else reaches.`,
      advice: 'Set PUBLIC_URL to the address at which the world reaches Parley.',
    };
  }
  if (/\/graphql\/?$/.test(pathname)) {
    return {
      result: 'warning',
      detail: 'PUBLIC_URL ends in /graphql, below which there are no files.',
      advice: 'Leave /graphql away: PUBLIC_URL is the beginning of every address of Parley.',
    };
  }
  if (protocol === 'http:') {
    return {
      result: 'warning',
      detail: 'PUBLIC_URL is http: what it leads to can be read on the way.',
      advice: 'Let a proxy in front of Parley speak TLS, and say https.',
    };
  }
  return { result: 'ok', detail: href };
}

function isOfThisMachine(hostname: string): boolean {
  return (
    /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\])$/.test(hostname) ||
    // Set aside for private networks (RFC 1918) and for links (RFC 3927).
    /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/.test(hostname)
  );
}
