/**
 * A line of an access log by the rules of spec §7: what its fields say, and the exact reading of lines that the scanner
 * leaves over.
 */
import { isIP } from 'node:net';
import { AGENT, HOST, REFERRER, REQUEST, STATUS, VIRTUAL_HOST, type LogMemory } from './log-memory.js';
import type { Reason } from './rejects.js';

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

const LINE =
  /^(\S+) (\S+) (.*?) \[(\d\d)\/(\w{3})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\] "((?:[^"\\]|\\.)*)" +(\d{3}) +(?:\d+|-)(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)".*|(?: (?:[\d.]+|-))*)$/s;

/** What syslog puts before a line: `Mar 11 09:00:00 web1 nginx: `, its priority or an ISO time with it. */
const SYSLOG_HEADER = /^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) \S+ \S+: +/;
const WITH_PORT = /^[A-Za-z0-9._-]+:\d+$/;

/** The fields of a line as they are written; `referrer` and `agent` are there or not together. */
export interface LoggedLine {
  readonly virtualHost: string | undefined;
  readonly host: string;
  /** Ms since the epoch; NaN where no calendar or clock has that time. */
  readonly time: number;
  readonly request: string;
  readonly status: number;
  readonly referrer: string | undefined;
  readonly agent: string | undefined;
}

/**
 * Read a line of an access log, behind a header of syslog too; undefined where it is none. With `virtualHosts` the first word of
 * a line is one, unless the line cannot be read so. Without, it is one where it is a name with a port and an address follows.
 */
export function readLogLine(line: string, virtualHosts: boolean): LoggedLine | undefined {
  const text = line.replace(SYSLOG_HEADER, '');
  const [first = '', second = ''] = text.split(' ', 2);
  const begins = virtualHosts ? /^\S+$/.test(first) && (second !== '-' || isIP(first) === 0) : WITH_PORT.test(first) && isIP(second) !== 0;
  const behind = begins ? readFields(text.slice(first.length + 1)) : undefined;
  return behind === undefined ? readFields(text) : { ...behind, virtualHost: first };
}

function readFields(text: string): LoggedLine | undefined {
  const m = LINE.exec(text);
  if (m === null) return undefined;
  const n = (group: number): number => Number(m[group]);
  const month = MONTHS.indexOf(m[5] as string);
  if (month < 0) return undefined;
  const [year, day, hour, minute, second] = [n(6), n(4), n(7), n(8), n(9)] as const;
  const offset = (m[10] === '-' ? -1 : 1) * (n(11) * 60 + n(12)) * 60_000;
  const isTime = isDay(year, month, day) && hour < 24 && minute < 60 && second <= 60 && n(11) < 15 && n(12) < 60;
  // A leap second stays in its minute.
  const time = isTime ? Date.UTC(year, month, day, hour, minute, Math.min(second, 59)) - offset : NaN;
  return { virtualHost: undefined, host: m[1] as string, time, request: m[13] as string, status: n(14), referrer: m[15], agent: m[16] };
}

/** Whether a month, from 0, has that day. */
function isDay(year: number, month: number, day: number): boolean {
  return day > 0 && new Date(Date.UTC(year, month, day)).getUTCMonth() === month;
}

/** The site that a virtual host names: without its port, in small letters, without the dot of a full name. */
export function siteOf(virtualHost: string): string {
  return virtualHost.replace(/:\d+$/, '').replace(/\.$/, '').toLowerCase();
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

/** Read `METHOD URI PROTOCOL`; undefined where it is no HTTP: there is no method, or it is not letters and hyphens. */
export function readRequest(request: string): LoggedRequest | undefined {
  const space = request.indexOf(' ');
  const method = request.slice(0, Math.max(0, space));
  if (!/^[A-Za-z][A-Za-z-]*$/.test(method)) return undefined;
  let uri = request.slice(space + 1);
  const last = uri.lastIndexOf(' ');
  // More than one blank may stand before the protocol.
  if (uri.startsWith('HTTP/', last + 1)) uri = withoutBlanks(uri.slice(0, Math.max(0, last)));
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

/** A text without the blanks at its end. */
function withoutBlanks(text: string): string {
  let end = text.length;
  while (text[end - 1] === ' ') end--;
  return text.slice(0, end);
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

/** Enter the line `bytes[start .. end)` as a row, or answer why it is rejected. */
export function readLog(m: LogMemory, start: number, end: number, virtualHosts: boolean): Reason | undefined {
  const line = readLogLine(m.textAt(start, end - start), virtualHosts);
  if (line === undefined) return 'format';
  if (Number.isNaN(line.time)) return 'time';
  const codes: number[] = [];
  if (line.virtualHost !== undefined) codes[VIRTUAL_HOST] = m.intern(VIRTUAL_HOST, line.virtualHost);
  codes[HOST] = m.intern(HOST, line.host);
  codes[REQUEST] = m.intern(REQUEST, line.request);
  codes[STATUS] = line.status;
  if (line.referrer !== undefined) codes[REFERRER] = m.intern(REFERRER, line.referrer);
  if (line.agent !== undefined) codes[AGENT] = m.intern(AGENT, line.agent);
  m.enterRow(start, end, line.time, codes);
  return undefined;
}
