import type { PigeonsUser } from './rows.ts';

const names = [
  'Ana Ribeiro',
  'John Doe',
  'María José Quiñones',
  'Олег Дьяченко',
  'فاطمة الزهراء',
  'דניאל אברהם',
  '王丽华',
  '小林優子',
  'अर्जुन मेहता',
  'Zoë van ’t Hoff',
  'Nguyễn Thị Hằng',
  'Łukasz Żółć',
  '🦊 Renard',
  'Suporte EchoSistema',
];

// The founding page's receiver ("Current User") and sender ("John Doe") keep their documented ids.
const documentedIds = ['770e8400-e29b-41d4-a716-446655440002', '660e8400-e29b-41d4-a716-446655440001'];

/** The users of one platform: the first is the main one, the second the founding page's John Doe. */
export function pigeonsUsers(avatar: (index: number) => string): readonly PigeonsUser[] {
  return names.map((name, index) => ({
    uuid: documentedIds[index] ?? `660e8400-e29b-41d4-a716-4466554400${String(index + 10)}`,
    name,
    email: `user.${index}@example.com`,
    // A few people never chose a face.
    avatar: index % 5 === 3 ? null : avatar(index),
    token: `pigeons-sandbox-token-${index}`,
  }));
}
