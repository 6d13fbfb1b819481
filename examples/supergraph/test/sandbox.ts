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
  const response = await fetch(`${url}/_sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ provider, call, ...fault }),
  });
  if (!response.ok) throw new Error(await response.text());
}

async function read(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}
