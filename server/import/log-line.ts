/**
 * A line of an access log by the rules of spec §7: what its fields say, and the exact reading of lines that the scanner
 * leaves over.
 */
import { AGENT, HOST, REFERRER, REQUEST, STATUS, VIRTUAL_HOST, type LogMemory } from './log-memory.js';

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

const LINE =
  /^(\S+) (\S+) (.*?) \[(\d\d)\/(\w{3})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\] "((?:[^"\\]|\\.)*)" (\d{3}) (?:\d+|-)(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)".*)?$/s;

/** The fields of a line as they are written; `referrer` and `agent` are there or not together. */
export interface LoggedLine {
  readonly host: string;
  /** Ms since the epoch. */
  readonly time: number;
  readonly request: string;
  readonly status: number;
  readonly referrer: string | undefined;
  readonly agent: string | undefined;
}

/** Read a line of the common or the combined format; undefined where it is neither. */
export function readLogLine(line: string): LoggedLine | undefined {
  const m = LINE.exec(line);
  if (m === null) return undefined;
  const n = (group: number): number => Number(m[group]);
  const month = MONTHS.indexOf(m[5] as string);
  if (month < 0) return undefined;
  const offset = (m[10] === '-' ? -1 : 1) * (n(11) * 60 + n(12)) * 60_000;
  const time = Date.UTC(n(6), month, n(4), n(7), n(8), n(9)) - offset;
  return { host: m[1] as string, time, request: m[13] as string, status: n(14), referrer: m[15], agent: m[16] };
}

/** Split `virtual.host:port ` off a line of vhost_combined; undefined where there is none. */
export function splitVirtualHost(line: string): { virtualHost: string; rest: string } | undefined {
  const m = /^(\S+) (.*)$/s.exec(line);
  return m === null ? undefined : { virtualHost: m[1] as string, rest: m[2] as string };
}

/** The site that a virtual host names: the same without its port. */
export function siteOf(virtualHost: string): string {
  return virtualHost.replace(/:\d+$/, '');
}

/** A quoted field: `\"` and `\\` are unescaped, other escapes stay. */
export function unescapeField(field: string): string {
  return field.includes('\\') ? field.replace(/\\(["\\])/g, '$1') : field;
}

/** An optional field, where `-` says that there is none. */
export function optionalField(field: string): string {
  return field === '-' ? '' : unescapeField(field);
}

export type LoggedType = 'Page' | 'Download' | 'Static';

export interface LoggedRequest {
  readonly method: string;
  readonly object: string;
  readonly type: LoggedType;
  readonly action: 'view' | 'download' | 'search';
  /** '' unless the action is `search`. */
  readonly term: string;
}

/** What a path's extension, in small letters, says of it; of any other it is a page. */
export const EXTENSIONS = new Map<string, LoggedType>();
for (const extension of 'css js mjs map ico png jpg jpeg gif svg webp avif bmp tif tiff woff woff2 ttf otf eot'.split(' ')) {
  EXTENSIONS.set(extension, 'Static');
}
for (const extension of (
  'pdf zip gz tgz bz2 xz 7z rar tar exe msi dmg pkg deb rpm apk iso jar mp3 mp4 m4a m4v ogg wav avi mov mkv webm ' +
  'csv tsv doc docx xls xlsx ppt pptx odt ods odp epub'
).split(' ')) {
  EXTENSIONS.set(extension, 'Download');
}
export const SEARCH_PARAMETERS: ReadonlySet<string> = new Set(['q', 'query', 'search', 's', 'k', 'keyword']);

/** Read `METHOD URI PROTOCOL`; undefined where there is not even a method. */
export function readRequest(request: string): LoggedRequest | undefined {
  const space = request.indexOf(' ');
  if (space < 0) return undefined;
  const method = request.slice(0, space);
  let uri = request.slice(space + 1);
  const last = uri.lastIndexOf(' ');
  if (uri.startsWith('HTTP/', last + 1)) uri = last < 0 ? '' : uri.slice(0, last);
  if (!uri.startsWith('/')) uri = uri.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/, '');
  const fragment = uri.indexOf('#');
  if (fragment >= 0) uri = uri.slice(0, fragment);
  const mark = uri.indexOf('?');
  const object = (mark < 0 ? uri : uri.slice(0, mark)) || '/';
  const type = typeOf(object);
  if (type === 'Download') return { method, object, type, action: 'download', term: '' };
  const term = type === 'Page' && mark >= 0 ? searchTerm(uri.slice(mark + 1)) : '';
  return term === '' ? { method, object, type, action: 'view', term } : { method, object, type, action: 'search', term };
}

function typeOf(path: string): LoggedType {
  const dot = path.lastIndexOf('.');
  if (dot < 0 || dot < path.lastIndexOf('/')) return 'Page';
  return EXTENSIONS.get(path.slice(dot + 1).toLowerCase()) ?? 'Page';
}

/** The value of the query's first search parameter that has one, or ''. */
function searchTerm(query: string): string {
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    if (equals < 0 || equals === pair.length - 1 || !SEARCH_PARAMETERS.has(pair.slice(0, equals))) continue;
    const value = pair.slice(equals + 1).replaceAll('+', ' ');
    try {
      return decodeURIComponent(value);
    } catch {
      return value;
    }
  }
  return '';
}

/** Enter the line `bytes[start .. end)` as a row. False where it is not of the format. */
export function readLog(m: LogMemory, start: number, end: number, virtualHosts: boolean): boolean {
  const text = m.textAt(start, end - start);
  const split = virtualHosts ? splitVirtualHost(text) : { virtualHost: '', rest: text };
  const line = split && readLogLine(split.rest);
  if (line === undefined) return false;
  const codes: number[] = [];
  codes[VIRTUAL_HOST] = m.intern(VIRTUAL_HOST, split?.virtualHost ?? '');
  codes[HOST] = m.intern(HOST, line.host);
  codes[REQUEST] = m.intern(REQUEST, line.request);
  codes[STATUS] = line.status;
  if (line.referrer !== undefined) codes[REFERRER] = m.intern(REFERRER, line.referrer);
  if (line.agent !== undefined) codes[AGENT] = m.intern(AGENT, line.agent);
  m.enterRow(start, end, line.time, codes);
  return true;
}
