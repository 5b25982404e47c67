import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** Whether a path is a pattern. */
export function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}

/**
 * The regular files that a path or pattern names, ordered: `*` and `?` stand for what is within one name, `**` for any number
 * of folders. Names that begin with a dot are met only by patterns that do. What cannot be read is left out.
 */
export async function filesOf(pattern: string): Promise<string[]> {
  const { root } = path.parse(pattern);
  const found = new Set(
    await match(
      root,
      pattern
        .slice(root.length)
        .split('/')
        .filter((s) => s !== ''),
    ),
  );
  return [...found].sort();
}

async function match(at: string, segments: readonly string[]): Promise<string[]> {
  const [segment, ...rest] = segments;
  if (segment === undefined) return (await isFile(at)) ? [at] : [];
  if (segment === '**') {
    const folders = (await entries(at)).filter((e) => e.isDirectory() && !e.name.startsWith('.'));
    const below = await Promise.all(folders.map((e) => match(path.join(at, e.name), segments)));
    return [...(await match(at, rest)), ...below.flat()];
  }
  if (!isPattern(segment)) return match(path.join(at, segment), rest);
  const names = (await entries(at)).map((e) => e.name).filter((name) => isLike(name, segment));
  return (await Promise.all(names.map((name) => match(path.join(at, name), rest)))).flat();
}

function isLike(name: string, segment: string): boolean {
  if (name.startsWith('.') && !segment.startsWith('.')) return false;
  const source = segment
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(name);
}

function entries(at: string) {
  return readdir(at, { withFileTypes: true }).catch(() => []);
}

function isFile(at: string): Promise<boolean> {
  return stat(at).then(
    (s) => s.isFile(),
    () => false,
  );
}
