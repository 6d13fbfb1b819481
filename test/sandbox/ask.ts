/** An answer of an emulator, its body parsed when it is JSON. */
export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: any;
}

/** One GET over real HTTP, or whatever `init` says. */
export async function ask(
  url: string,
  headers: Record<string, string> = {},
  init: Pick<RequestInit, 'method' | 'body'> = {},
): Promise<Answer> {
  const response = await fetch(url, { ...init, headers, redirect: 'manual' });
  const type = response.headers.get('content-type');
  const text = await response.text();
  return {
    status: response.status,
    type,
    body: type?.startsWith('application/json') ? JSON.parse(text) : text,
  };
}

/** One call with a JSON body. */
export function askJson(
  method: string,
  url: string,
  headers: Record<string, string>,
  body: unknown,
): Promise<Answer> {
  const init = { method, body: JSON.stringify(body) };
  return ask(url, { ...headers, 'Content-Type': 'application/json' }, init);
}

/** A multipart body with one file. */
export function formWithFile(
  field: string,
  bytes: string | Uint8Array<ArrayBuffer>,
  { name = 'note.txt', type = 'text/plain', ...fields }: Record<string, string> = {},
): FormData {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) form.append(key, value);
  form.append(field, new Blob([bytes], { type }), name);
  return form;
}
