const languages = ['en', 'pt-BR', 'es'] as const;

type Language = (typeof languages)[number];

const texts: Readonly<Record<number, Readonly<Record<Language, string>>>> = {
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

/**
 * The text of an error in the caller's language: `Accept-Language` knows `en`, `pt-BR` and `es` (pigeons.md), anything else is
 * English. "Conversation not found" is documented, the other texts are ours.
 */
export function reasonFor(status: number, acceptLanguage: string | undefined): string {
  const byLanguage = texts[status] ?? texts[500];
  return byLanguage?.[languageOf(acceptLanguage)] ?? 'Server Error';
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
