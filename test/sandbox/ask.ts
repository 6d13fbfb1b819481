/** An answer of an emulator, its body parsed when it is JSON. */
export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: unknown;
}

/** One GET over real HTTP. */
export async function ask(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, { headers, redirect: 'manual' });
  const type = response.headers.get('content-type');
  const text = await response.text();
  return {
    status: response.status,
    type,
    body: type?.startsWith('application/json') ? JSON.parse(text) : text,
  };
}
