import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

export interface StaticFile {
  readonly type: string;
  readonly body: Buffer;
  readonly gzip: Buffer | undefined;
  readonly etag: string;
  readonly cacheControl: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/**
 * The files below a folder by their paths with `/`, read once: what is asked for is looked up among them, so no path leads
 * out of the folder. `wanted` says which of them. A file with a hash in its name (`index-B1gF9xQz.js`) never changes.
 */
export function readStaticFiles(folder: string, wanted: (name: string) => boolean = () => true): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  if (!existsSync(folder)) return files;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file).split(path.sep).join('/');
    const type = TYPES[path.extname(name)];
    if (entry.isFile() && type !== undefined && wanted(name)) files.set(name, staticFile(readFileSync(file), type, isHashed(name)));
  }
  return files;
}

export function staticFile(body: Buffer, type: string, immutable: boolean): StaticFile {
  const gzip = /^text|json|svg/.test(type) && body.length > 1024 ? gzipSync(body) : undefined;
  return {
    type,
    body,
    gzip,
    etag: `W/"${createHash('sha1').update(body).digest('base64url')}"`,
    cacheControl: immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
}

function isHashed(name: string): boolean {
  return /^assets\/.*[-.][\w-]{8,}\.\w+$/.test(name);
}
