const languages = ['en', 'pt-BR', 'es'] as const;

type Language = (typeof languages)[number];
type Texts = Readonly<Record<Language, string>>;

const texts: Readonly<Record<number, Texts>> = {
  400: { en: 'Bad request', 'pt-BR': 'Requisição inválida', es: 'Solicitud incorrecta' },
  401: { en: 'Unauthenticated.', 'pt-BR': 'Não autenticado.', es: 'No autenticado.' },
  403: {
    en: 'You are not a participant in this conversation',
    'pt-BR': 'Você não participa desta conversa',
    es: 'No participas en esta conversación',
  },
  404: { en: 'Conversation not found', 'pt-BR': 'Conversa não encontrada', es: 'Conversación no encontrada' },
  422: {
    en: 'The given data was invalid.',
    'pt-BR': 'Os dados fornecidos são inválidos.',
    es: 'Los datos proporcionados no son válidos.',
  },
  429: { en: 'Too Many Requests', 'pt-BR': 'Muitas requisições', es: 'Demasiadas solicitudes' },
  500: { en: 'Server Error', 'pt-BR': 'Erro no servidor', es: 'Error del servidor' },
};

// Where a status has more than one reason.
const others = {
  noMessage: { en: 'Message not found', 'pt-BR': 'Mensagem não encontrada', es: 'Mensaje no encontrado' },
  notReceiver: {
    en: 'Only the receiver can mark a message as read',
    'pt-BR': 'Somente o destinatário pode marcar uma mensagem como lida',
    es: 'Solo el destinatario puede marcar un mensaje como leído',
  },
} satisfies Record<string, Texts>;

const problems = {
  required: {
    en: 'The {field} field is required.',
    'pt-BR': 'O campo {field} é obrigatório.',
    es: 'El campo {field} es obligatorio.',
  },
  invalid: {
    en: 'The {field} field is invalid.',
    'pt-BR': 'O campo {field} é inválido.',
    es: 'El campo {field} no es válido.',
  },
  tooLong: {
    en: 'The {field} field is too long.',
    'pt-BR': 'O campo {field} é longo demais.',
    es: 'El campo {field} es demasiado largo.',
  },
} satisfies Record<string, Texts>;

/** A reason of its own, other than the usual one of its status. */
export type OtherReason = keyof typeof others;

/** What can be wrong with a field. */
export type Problem = keyof typeof problems;

/**
 * The text of an error in the caller's language: `Accept-Language` knows `en`, `pt-BR` and `es` (pigeons.md), anything else is
 * English. "Conversation not found" is documented, the other texts are ours.
 */
export function reasonFor(reason: number | OtherReason, acceptLanguage: string | undefined): string {
  const byLanguage = typeof reason === 'string' ? others[reason] : (texts[reason] ?? texts[500]);
  return byLanguage?.[languageOf(acceptLanguage)] ?? 'Server Error';
}

/** What is wrong with a field, in the caller's language. */
export function sayProblem(problem: Problem, field: string, acceptLanguage: string | undefined): string {
  return problems[problem][languageOf(acceptLanguage)].replace('{field}', field);
}

function languageOf(header = ''): Language {
  for (const range of header.split(',')) {
    const wanted = range.split(';', 1)[0]?.trim().toLowerCase() ?? '';
    const known = languages.find((language) => {
      const name = language.toLowerCase();
      return (
        wanted === name || (wanted !== '' && (name.startsWith(`${wanted}-`) || wanted.startsWith(`${name}-`)))
      );
    });
    if (known) return known;
  }
  return 'en';
}
