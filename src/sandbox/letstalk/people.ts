import type { LetstalkClientRow, LetstalkPersonRow } from './rows.ts';
import { toLetstalkDate } from './toLetstalkDate.ts';

/** Everybody whom the seed knows; `face` gives an avatar's URL. */
export interface LetstalkPeople {
  /** By client id; the first is the owner of the client key, the second has the same id as the agent. */
  readonly clients: readonly LetstalkClientRow[];
  /** The owner of the agent key comes first. */
  readonly agents: readonly LetstalkPersonRow[];
  /** A client as the author of a message. */
  author(clientId: number): LetstalkPersonRow;
}

/** The documented client and the agent whose number collides with a client's on purpose: the two series are separate. */
export const personIds = { client: 7089264, agent: 7, clientWithTheAgentsNumber: 7 } as const;

/** The people of one sandbox. */
export function letstalkPeople(defaultAvatar: string, face: (index: number) => string): LetstalkPeople {
  const client = (
    id: number,
    name: string,
    email: string | null,
    avatar: string | null,
  ): LetstalkClientRow => ({
    ...{ id, name, email, avatar },
    created_at: toLetstalkDate(Date.UTC(2019, 9, 1, 12)),
    phone: id % 2 === 0 ? '+56 9 5550 1234' : null,
    client_key_values: id % 2 === 0 ? [{ key: 'plan', value: 'premium' }] : [],
  });
  const agent = (id: number, name: string, internal: string | null, avatar: string): LetstalkPersonRow => ({
    ...{ id, name, avatar, internal_name: internal },
    type: 'User',
    email: `agent.${id}@letsta.lk`,
    active: true,
    description: null,
    role: id === personIds.agent ? 'admin' : 'agent',
    availability_status_name: 'available',
    status_name: 'online',
  });
  const clients = [
    client(personIds.client, 'Andrew Wiggin', 'andrew.wiggin@letsta.lk', defaultAvatar),
    client(personIds.clientWithTheAgentsNumber, 'Petra Arkanian', 'petra@example.com', face(1)),
    client(7089301, 'محمود درويش', null, null),
    client(7089302, '林 小雨', 'lin@example.com', face(2)),
  ];
  const author = (id: number): LetstalkPersonRow => {
    const row = clients.find((other) => other.id === id);
    return {
      ...{ id, name: row?.name ?? null, internal_name: null, avatar: row?.avatar ?? defaultAvatar },
      ...{ type: 'Client', email: row?.email ?? null, active: true, description: null, role: null },
      ...{ availability_status_name: null, status_name: null },
    };
  };
  const authors = new Map(clients.map(({ id }) => [id, author(id)]));
  return {
    clients,
    agents: [
      agent(personIds.agent, 'Valentina Rojas', 'Vale (ventas)', face(3)),
      agent(12, 'Hyrum Graff', null, face(4)),
    ],
    author: (clientId) => authors.get(clientId) ?? author(clientId),
  };
}
