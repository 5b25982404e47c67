/**
 * Text from the web with what cannot be seen made visible: control characters, marks that turn the direction of reading or
 * join nothing, as `[U+202E]`. Markup needs nothing: Preact writes text as text.
 */
export function visible(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `[U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
}

/** A value of a bean's field as text: lists with commas, JSON as JSON. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return visible(value);
  if (Array.isArray(value) && value.every((v) => typeof v === 'string' || typeof v === 'number')) return value.map(valueText).join(', ');
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return visible(JSON.stringify(value));
}

/** `records_quarantined`, `shardsHalved` → `records quarantined`, `shards halved`. */
export const wordsOf = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_.]+/g, ' ')
    .toLowerCase();

/** What an API says, `there is no job 7`, as a sentence among others. */
export const sentence = (text: string): string =>
  `${text.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase())}${/[.!?]$/.test(text) ? '' : '.'}`;

/** The last segment of a path. */
export const lastSegment = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** A name such as `VisitorWeekInjection` that may be broken between its words. */
export const breakable = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1\u200b$2');
