import { isIP } from 'node:net';
import { Refused } from './raw-lines.js';

/** Reasons for which a line of a log is left out unless it is kept (spec §7); `request` is never kept. Robots cannot be told here. */
export type Filter = 'method' | 'status' | 'static' | 'bot';

export interface LogOptions {
  readonly site: string;
  readonly keep: readonly Filter[];
  /** The lines begin with the virtual host, which is the site. */
  readonly virtualHosts: boolean;
}

const words = (s: string): Set<string> => new Set(s.trim().split(/\s+/));
const STATIC = words(`css js mjs map ico png jpg jpeg gif svg webp avif bmp tif tiff woff woff2 ttf otf eot`);
const DOWNLOAD = words(`
  pdf zip gz tgz bz2 xz 7z rar tar exe msi dmg pkg deb rpm apk iso jar mp3 mp4 m4a m4v ogg wav avi mov mkv webm csv tsv
  doc docx xls xlsx ppt pptx odt ods odp epub`);
const QUERIES = words(`q query search s k keyword`);
const MONTHS = [...words(`Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec`)];

/** Text between quotation marks, in which a reversed solidus takes the next character along. */
const QUOTED = '"([^"\\\\]*(?:\\\\.[^"\\\\]*)*)"';
const FRONT = /^(?<host>\S+) \S+ .*? \[(?<stamp>[^\]]*)\] /s;
const STAMP = /^(\d\d)\/(\w\w\w)\/(\d\d\d\d):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/;
const BACK = new RegExp(`^${QUOTED} (\\d\\d\\d) (?:\\d+|-)($| ${QUOTED} ${QUOTED})`, 's');

const bad = (reason = 'format'): never => {
  throw new Refused('rejected', reason);
};
/** What is longer is cut. */
const cut = (text: string, most: number): string => [...text].slice(0, most).join('');
const plain = (quoted = ''): string => (quoted === '-' ? '' : quoted.replace(/\\(["\\])/g, '$1'));

/** A line of a common or combined log as the fields of a raw line (spec §7). Throws Refused. */
export function fromLog(line: string, { site, keep, virtualHosts }: LogOptions): Record<string, unknown> {
  let text = line;
  let of = site;
  if (virtualHosts) {
    const space = line.indexOf(' ');
    of = line.slice(0, space).replace(/:\d+$/, '').toLowerCase();
    text = line.slice(space + 1);
  } else {
    const [first = '', second = ''] = line.split(' ');
    const [name = '', port] = first.split(':');
    if (/^[\w.-]+$/.test(name) && /^\d+$/.test(port ?? '') && first === `${name}:${port}` && isIP(second) > 0) {
      of = name.toLowerCase();
      text = line.slice(first.length + 1);
    }
  }
  const front = FRONT.exec(text) ?? bad();
  const back = BACK.exec(text.slice(front[0].length)) ?? bad();
  // Without referrer and agent the line ends there.
  if (back[3] === '' && back[0].length !== text.length - front[0].length) bad();

  const stamp = STAMP.exec(front.groups?.['stamp'] ?? '') ?? bad();
  const [day, month, year, hour, minute, second] = [stamp[1], MONTHS.indexOf(stamp[2] ?? ''), stamp[3], stamp[4], stamp[5], stamp[6]];
  if (month < 0) bad();
  const offset = Number(`${stamp[7]}1`) * (Number(stamp[8]) * 60 + Number(stamp[9]));
  // What JavaScript does not give back as it was put in, no calendar has.
  const wall = new Date(`${year}-${String(month + 1).padStart(2, '0')}-${day}T${hour}:${minute}:${second === '60' ? '59' : second}Z`);
  const isDay = !Number.isNaN(wall.getTime()) && wall.getUTCDate() === Number(day) && wall.getUTCHours() === Number(hour);
  if (!isDay || Math.abs(offset) > 899 || Number(stamp[9]) > 59) bad('time');
  const time = wall.getTime() - offset * 60_000;

  const request = plain(back[1]).split(' ');
  const method = request.shift();
  if (request.length === 0 || !/^[a-z][a-z-]*$/i.test(method ?? '')) throw new Refused('filtered', 'request');
  if (request.at(-1)?.startsWith('HTTP/')) {
    request.pop();
    while (request.at(-1) === '') request.pop();
  }
  const { path, query } = parts(request.join(' '));
  const extension = /\.([^./]*)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  const type = STATIC.has(extension) ? 'Static' : DOWNLOAD.has(extension) ? 'Download' : 'Page';

  const filter = (reason: Filter, holds: boolean): void => {
    if (holds && !keep.includes(reason)) throw new Refused('filtered', reason);
  };
  filter('method', method !== 'GET' && method !== 'POST');
  filter('status', !/^(2..|304)$/.test(back[2] ?? ''));
  filter('static', type === 'Static');

  const term = type === 'Page' ? searched(query) : undefined;
  return {
    time,
    site: of,
    action: type === 'Download' ? 'download' : term === undefined ? 'view' : 'search',
    object: cut(path, 1024),
    type,
    ...(term === undefined ? {} : { term: cut(term, 256) }),
    ip: cut(front.groups?.['host'] ?? '', 64),
    agent: plain(back[5]),
    referrer: cut(plain(back[4]), 2048),
  };
}

/** Path and query of a URI, without scheme and host, without fragment. */
function parts(uri: string): { path: string; query: string } {
  const [whole = ''] = uri.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').split('#');
  const mark = whole.indexOf('?');
  return mark < 0 ? { path: whole || '/', query: '' } : { path: whole.slice(0, mark) || '/', query: whole.slice(mark + 1) };
}

/** What a query looks for, if anything. */
function searched(query: string): string | undefined {
  for (const pair of query.split('&')) {
    const [key = '', ...rest] = pair.split('=');
    const value = rest.join('=').replaceAll('+', ' ');
    if (!QUERIES.has(key) || value === '') continue;
    try {
      return decodeURIComponent(value);
    } catch {
      return value;
    }
  }
  return undefined;
}
