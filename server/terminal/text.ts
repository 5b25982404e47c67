import stringWidth from 'fast-string-width';

const PRINTABLE_ASCII = /^[ -~]*$/;
/** ASCII, Latin letters, dashes, the ellipsis, lines and blocks: one column each, and most of what is ever printed. */
const ONE_COLUMN_EACH = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2013\u2014\u2026\u2500-\u259f]*$/;
/**
 * What moves the cursor, colours, hides or reorders text: control and format characters, line separators, lone
 * surrogates. The joiners U+200C and U+200D stay: scripts and emoji are written with them.
 */
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Made when something is to be cut: it takes 10 ms. */
let graphemes: Intl.Segmenter | undefined;

/** Text from data, safe to print: what could drive the terminal is written as an escape such as `\x1b`. */
export function visible(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(UNSAFE, (character) => SHORT[character] ?? escape(character.codePointAt(0) as number));
}

/** The columns that a terminal needs for visible text. */
export function widthOf(text: string): number {
  return ONE_COLUMN_EACH.test(text) ? text.length : stringWidth(text);
}

/** The columns that a stream has room for: without end where it is no terminal. */
export function columnsOf(stream: { readonly isTTY?: boolean; readonly columns?: number }): number {
  return (stream.isTTY === true && stream.columns) || Infinity;
}

/** Visible text cut to at most `width` columns; the last is then `…`. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return '';
  let out = '';
  let used = 0;
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment } of graphemes.segment(text)) {
    used += widthOf(segment);
    if (used > width - 1) break;
    out += segment;
  }
  return `${out}…`;
}

/** Visible text with spaces up to `width` columns. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'left' ? text + spaces : spaces + text;
}

function escape(codePoint: number): string {
  const hex = codePoint.toString(16);
  if (codePoint < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return codePoint < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}
