import type { PactEmulator } from '../../src/sandbox/index.ts';
import { ask, askJson, type Answer } from './ask.ts';

/** The calls of Pact v2 with the credentials of the seed's company; what `more` says goes beside them, or in their place. */
export interface PactV2Client {
  readonly get: (path: string, more?: Record<string, string>) => Promise<Answer>;
  /** A body of JSON. */
  readonly write: (
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    more?: Record<string, unknown>,
  ) => Promise<Answer>;
  /** A form with files. */
  readonly upload: (form: FormData) => Promise<Answer>;
}

/** `pact` is asked for at every call, because there is none before the sandbox runs. */
export function askPactV2(pact: () => PactEmulator): PactV2Client {
  const credentials = () => ({ company_id: pact().companyId, private_api_token: pact().token });
  const url = (path: string): string => `${pact().url}/api/p2${path}`;

  return {
    get(path, more = {}) {
      const query = new URLSearchParams({ ...credentials(), company_id: String(pact().companyId), ...more });
      return ask(`${url(path)}?${query.toString()}`);
    },
    write: (method, path, more = {}) => askJson(method, url(path), {}, { ...credentials(), ...more }),
    upload(form) {
      for (const [name, value] of Object.entries(credentials())) form.append(name, String(value));
      return ask(url('/attachments/'), {}, { method: 'POST', body: form });
    },
  };
}
