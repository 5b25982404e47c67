import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { TWIN_FILE } from './names.js';

/** Where the lines of a package of oirawdata begin in one of sesrawdata. */
export interface Twin {
  readonly package: string;
  readonly bytes: number;
}

/** What twin.json has: with a wrong place lines would be taken for others. */
export function twinText(twin: Twin): string {
  return `${JSON.stringify({ package: twin.package, bytes: twin.bytes, crc: crcOf(twin) })}\n`;
}

/** The twin of a package; undefined where there is none, or the file is damaged. One of an older version has no checksum. */
export async function readTwin(folder: string): Promise<Twin | undefined> {
  try {
    const twin = JSON.parse(await readFile(path.join(folder, TWIN_FILE), 'utf8')) as Partial<Twin & { crc: number }> | null;
    if (typeof twin?.package !== 'string' || !Number.isSafeInteger(twin.bytes)) return undefined;
    const { package: at, bytes, crc } = twin as Twin & { crc?: number };
    return crc === undefined || crc === crcOf({ package: at, bytes }) ? { package: at, bytes } : undefined;
  } catch {
    return undefined;
  }
}

function crcOf({ package: at, bytes }: Twin): number {
  return crc32(`${at} ${bytes}`);
}
