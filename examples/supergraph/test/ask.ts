/** The answer to an operation; its data has the shape that the operation asked for. */
export interface Answer {
  readonly status: number;
  readonly data: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: Record<string, any>;
  }[];
}

export interface AskOptions {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the request's body. */
  readonly body?: Readonly<Record<string, unknown>>;
}

export async function ask(
  url: string,
  query: string,
  { variables, headers, body }: AskOptions = {},
): Promise<Answer> {
  return answerOf(
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables, ...body }),
    }),
  );
}

/** A multipart request with one file at `variables.input.file`. */
export async function upload(
  url: string,
  query: string,
  { file, input, headers }: { file: File; input: object; headers?: Readonly<Record<string, string>> },
): Promise<Answer> {
  const form = new FormData();
  form.append('operations', JSON.stringify({ query, variables: { input: { ...input, file: null } } }));
  form.append('map', JSON.stringify({ 0: ['variables.input.file'] }));
  form.append('0', file);
  return answerOf(await fetch(url, { method: 'POST', headers: headers ?? {}, body: form }));
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  try {
    return { status: response.status, ...(JSON.parse(text) as Omit<Answer, 'status'>) };
  } catch (cause) {
    throw new Error(`no JSON, but ${response.status}: ${text.slice(0, 200)}`, { cause });
  }
}
