import { describe, expect, it } from '@jest/globals';
import type { AccountConfig } from '../../src/config/accounts.ts';
import { loadConfig } from '../../src/config/index.ts';
import { createLog } from '../../src/observability/createLog.ts';
import { secretsOf } from '../../src/observability/secretsOf.ts';

describe('the secrets of a configuration', () => {
  it("have those by which an account's webhooks are known, so that no address shows them in a log", () => {
    const account: AccountConfig = {
      ...{
        id: 'sales',
        provider: 'pact',
        companyId: 7,
        token: 'the-token',
        webhookSecret: 'abc_-0123456789x',
      },
      baseUrl: 'https://api.pact.im',
    };
    const secrets = secretsOf({ ...loadConfig({}), accounts: [account] });
    expect(secrets).toEqual(expect.arrayContaining(['the-token', 'abc_-0123456789x']));

    let line = '';
    createLog({ level: 'info', secrets }, { write: (text) => (line += text) }).info(
      { url: '/webhooks/pact/sales/abc_-0123456789x' },
      'what a library might write',
    );
    expect(line).toContain('/webhooks/pact/sales/[redacted]');
  });
});
