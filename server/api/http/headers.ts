/** On every answer: nothing of ours is to be framed, guessed at, or read by other sites. */
export const COMMON_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** For what is data: a browser that shows it as a page runs nothing of it. */
export const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** For our pages: scripts, styles and requests of this origin only, none inline. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
