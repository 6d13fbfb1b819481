import type { AccountConfig } from '../src/config/accounts.ts';
import type { Sandbox } from '../src/sandbox/index.ts';

/** The id of {@link pactV2Account}. */
export const PACT_V2 = 'sales-v2';

/** An account of the sandbox's company, that speaks Pact's second API. */
export function pactV2Account({ pact }: Pick<Sandbox, 'pact'>): Extract<AccountConfig, { provider: 'pact' }> {
  return {
    ...{ id: PACT_V2, provider: 'pact', name: 'Sales by v2', apiVersion: 'v2' },
    ...{ companyId: pact.companyId, token: pact.token, baseUrl: pact.url },
  };
}
