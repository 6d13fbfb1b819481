/** Texts that break what handles text carelessly; each is what somebody really sends. */
export const specimens: readonly string[] = [
  '👨‍👩‍👧‍👦 👩🏾‍🚀 🏳️‍🌈 🧑🏻‍❤️‍💋‍🧑🏿',
  '🇧🇷🇯🇵🇺🇦 🏴󠁧󠁢󠁷󠁬󠁳󠁿',
  '👍🏻👍🏽👍🏿',
  '1️⃣ 2️⃣ #️⃣ ❤️ ☎︎',
  // The same word composed and decomposed.
  'caf\u00e9 cafe\u0301',
  'Z̸a̷l̶g̵o̴ ́̂̃',
  'مرحبا hello שלום 123 (أقواس) {n}',
  '\u200fטקסט עם סימן כיווניות\u200f',
  'Line one\nLine two\n\n\tindented, with trailing space ',
  '<b>not bold</b> & "quoted" \'text\' </script> ${x} {{y}} %s \\n',
  'https://example.com/a_(b)?q=%D0%B9&lang=pt-BR#part_2',
  'null',
  '0',
  ' ',
  '𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠮷野家 𝒳',
  `Long: ${'the quick brown fox jumps over the lazy dog '.repeat(100).trim()}.`,
];
