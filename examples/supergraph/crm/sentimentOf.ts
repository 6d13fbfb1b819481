const HAPPY =
  'thank thanks great perfect wonderful gracias genial perfecto obrigado obrigada ótimo спасибо супер teşekkürler 谢谢 很好 ありがとう धन्यवाद شكراً תודה';
const ANGRY =
  'angry wrong late broken refund missing equivocada equivocado tarde roto quebrado atrasado плохо сломан yanlış 坏了 遅い';
const HAPPY_EMOJI = '😊 👍 🙏 🌹 🙂 ✅';
const ANGRY_EMOJI = '😡 😠 👎 😞';

/** From -1 to 1: the happy among the happy and angry words of a text. Null when it has neither. */
export function sentimentOf(text: string): number | null {
  const happy = countOf(text, HAPPY, HAPPY_EMOJI);
  const angry = countOf(text, ANGRY, ANGRY_EMOJI);
  return happy + angry === 0 ? null : (happy - angry) / (happy + angry);
}

function countOf(text: string, words: string, emoji: string): number {
  const listed = new Set(words.split(' '));
  const spoken = [...WORDS.segment(text.toLowerCase())].filter(({ segment }) => listed.has(segment));
  return spoken.length + emoji.split(' ').filter((sign) => text.includes(sign)).length;
}

// Some of the scripts have no spaces between words.
const WORDS = new Intl.Segmenter('und', { granularity: 'word' });
