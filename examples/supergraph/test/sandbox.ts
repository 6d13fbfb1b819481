/** The sandbox's control door, as docs/sandbox.md tells of it. */
export async function resetSandbox(url: string): Promise<void> {
  await fetch(`${url}/_sandbox/reset`, { method: 'POST' });
}

/** What the providers were asked since the last reset: `pact messages` and so on, in no order that matters. */
export async function requestsTo(url: string): Promise<string[]> {
  const byProvider = (await read(`${url}/_sandbox/requests`)) as Record<string, { call: string }[]>;
  return Object.entries(byProvider)
    .flatMap(([provider, requests]) => requests.map(({ call }) => `${provider} ${call}`))
    .sort();
}

/** What was written to the providers since the last reset. */
export async function storedBy(url: string): Promise<any> {
  return read(`${url}/_sandbox/stored`);
}

/** The next call of this kind gets this status. */
export async function failNext(url: string, provider: string, call: string, fault: object): Promise<void> {
  await expectOk(
    await fetch(`${url}/_sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ provider, call, ...fault }),
    }),
  );
}

/** Has Pact post what happens from now on to this address, until the next reset. */
export async function postWebhooks(url: string, webhookUrl: string): Promise<void> {
  await expectOk(
    await fetch(`${url}/_sandbox/pact/webhook`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: webhookUrl }),
    }),
  );
}

/** Somebody of the company writes in Pact's own app: a message that did not come from Parley. */
export async function writeAtPact(url: string, conversationId: number, message: string): Promise<void> {
  const company = `${url}/p1/companies/154`;
  const headers = { 'x-private-api-token': 'pact-sandbox-token' };
  const sent = await fetch(`${company}/conversations/${conversationId}/messages`, {
    ...{ method: 'POST', headers },
    body: new URLSearchParams({ message }),
  });
  await expectOk(sent.clone());
  const { data: job } = (await sent.json()) as { data: { id: number; channel: { id: number } } };
  // A job is done when it is asked for the second time.
  for (let times = 0; times < 2; times += 1)
    await expectOk(await fetch(`${company}/channels/${job.channel.id}/jobs/${job.id}`, { headers }));
}

async function expectOk(response: Response): Promise<void> {
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
}

async function read(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}
