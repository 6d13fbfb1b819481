export interface AcceptedType {
  /** In lower case. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** What a client would like to get, of the types that it does not rule out. */
export function acceptedTypes(header: string | undefined): readonly AcceptedType[] {
  return (header ?? '')
    .split(',')
    .map((range) => {
      const [type, ...parameters] = range.split(';').map((part) => part.trim());
      return { type: type!.toLowerCase(), parameters: new Map(parameters.map(toEntry)) };
    })
    .filter(({ type, parameters }) => type !== '' && Number(parameters.get('q') ?? 1) !== 0);
}

function toEntry(parameter: string): [name: string, value: string] {
  const [name, value = ''] = parameter.split('=', 2);
  return [name!.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')];
}
