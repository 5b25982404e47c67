import { isIPv4, isIPv6 } from 'node:net';

/** The canonical form of an address (spec §2), worked out group by group; '' where there is none, undefined where it is no address. */
export function addressOf(text: string): string | undefined {
  if (['', '-', 'unix:'].includes(text)) return '';
  let host = text;
  const port = /:\d{1,5}$/.exec(text);
  if (port !== null) {
    const before = text.slice(0, port.index);
    if (/^\d+\.\d+\.\d+\.\d+$/.test(before) || (before.startsWith('[') && before.endsWith(']'))) host = before;
  }
  let inner = host.startsWith('[') && host.endsWith(']') && host.length > 1 ? host.slice(1, -1) : host;
  if (inner.includes('%')) inner = inner.slice(0, inner.indexOf('%'));
  if (isIPv4(inner)) return inner;
  if (isIPv6(inner)) return writtenShort(groupsOf(inner));
  return [...host].every((c) => /[a-z\d._-]/i.test(c)) ? host.toLowerCase() : undefined;
}

function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const numbers = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((group) => {
          if (!group.includes('.')) return [parseInt(group, 16)];
          const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
          return [a * 256 + b, c * 256 + d];
        });
  const [before, after] = [numbers(head), numbers(tail ?? '')];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

function writtenShort(groups: readonly number[]): string {
  if (groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff) {
    return groups.slice(6).flatMap((g) => [g >> 8, g & 255]).join('.'); // prettier-ignore
  }
  let [at, longest] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (groups[i + n] === 0) n++;
    if (n > longest) [at, longest] = [i, n];
  }
  const hex = (some: readonly number[]): string => some.map((g) => g.toString(16)).join(':');
  return at < 0 ? hex(groups) : `${hex(groups.slice(0, at))}::${hex(groups.slice(at + longest))}`;
}
