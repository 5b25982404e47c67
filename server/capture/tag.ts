import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface Tag {
  readonly source: string;
  readonly etag: string;
}

/**
 * The script that sites put on their pages: browser-tag.js without comments and indentation. `respect`: it sends nothing from
 * browsers that ask not to be tracked.
 */
export function readTag(respect: boolean): Tag {
  const source = readFileSync(new URL('./browser-tag.js', import.meta.url), 'utf8')
    .replace(/^ *(?:\/\*[^]*?\*\/|\/\/.*)\n/gm, '')
    .replace(/^ +/gm, '')
    .replace('__RESPECT__', String(respect));
  return { source, etag: `"${createHash('sha256').update(source).digest('hex').slice(0, 16)}"` };
}
