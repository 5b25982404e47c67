import { someInstant } from './awkward-instants.js';
import type { Random } from './random.js';

/** A line's fields. */
export type Fields = Record<string, unknown>;

/** Most code points of each text field (spec §2). */
export const LIMITS: Readonly<Record<string, number>> = {
  object: 1024,
  type: 64,
  name: 1024,
  term: 256,
  session: 128,
  visitor: 128,
  ip: 64,
  agent: 2048,
  referrer: 2048,
  browser: 128,
  os: 128,
  device: 128,
  country: 128,
  region: 128,
  city: 128,
  id: 64,
};

/** Names that are something else in JavaScript, in a database, or in a file of tab-separated values. */
export const TRAPS: readonly string[] = [
  '__proto__', 'constructor', 'hasOwnProperty', 'toString', 'null', 'NULL', 'undefined', 'NaN', 'true', '0', '-0', '1e3', '007', '\\N', '\\.', '""', "'",
  "'; drop table l3_object; --", 'a,b', 'a\tb', 'a\nb', 'a\r\nb', 'tab at the end\t', ' space at both ends ', ',"time":1', '{"time":1}', '\u0001', '\u001f', '\u007f', '\u0085',
  '(direct)', '(internal)', '(other)', '(empty)', '\u2028', '\u2029', '\ufeff', '\ufffd', '\uffff', '%00', '\u202e', '\u200b', 'é', 'e\u0301', 'É', 'ß', 'SS', 'İ', 'ı', 'ΣΑΣ', '\u{10ffff}', '👩‍👩‍👧',
]; // prettier-ignore

const SITES = ['shop', 'shop', 'shop', 'blog', 'blog', 'Shop', 'x', '_a.b-9', '__proto__', 'constructor', 'S'.repeat(64)];
const OBJECTS = [
  '/',
  '/a',
  '/b',
  '/c',
  '/A',
  '/a/',
  '/ä',
  '/a\u0308',
  '/日本語/頁',
  '/😀',
  '/a b',
  '/a%20b',
  `/${'long'.repeat(60)}1`,
  `/${'long'.repeat(60)}2`,
];
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:45.0) Gecko/20100101 Firefox/45.0',
  'Opera/9.80',
  'curl/7.47.0',
  'Ágent "quoted" \\ 🦊',
  '',
];
const TERMS = [
  '', ' ', '\u00a0', '\u3000\ufeff', 'Oak', ' oak ', 'oak\u00a0chair', 'oak \t\n chair', 'OAK  CHAIR', 'oak\u3000chair\ufeff', '\u2003oak\u1680chair\u202f', 'oak\u0085chair', 'oak\u200bchair', 'oak\u180echair',
  'CAFÉ', 'café', 'cafe\u0301', 'ΟΔΟΣ', 'οδος', 'İSTANBUL', 'STRASSE', 'Straße', 'ẞ', '𐐀', '😀 😀', '\v\f', 'a\u2028b', '(empty)', '(EMPTY)', 'K', '\u212a',
]; // prettier-ignore
export const REFERRERS: readonly string[] = [
  '', 'http://example.com', 'https://example.com/', 'HTTPS://WWW.Example.COM/Path?x=1#y', 'http://www.example.com:8080/a', 'http://user:secret@www.example.com/', 'ftp://user@files.example.com:21/x',
  'http://www.www.example.com/', 'http://wwwx.example.com/', 'https://shop.example/', 'https://WWW.SHOP.EXAMPLE:443/a', 'http://me@shop.example?q', 'http://shop.example#top', 'https://blog.example/x', 'https://shop.example.evil.test/',
  'android-app://com.google.android.gm', 'chrome-extension://abcdef/page.html', 'a+b-c.d://host/', 'about:blank', 'garbage', '-', '//example.com/', 'http:/example.com', 'http://', 'http:///path', '://example.com', '1http://example.com/',
  ' http://example.com/', 'javascript:void(0)', 'mailto:a@b.example', 'http://münchen.example/', 'http://MÜNCHEN.example/', 'http://例え.テスト/', 'http://host_with_underscore/', 'http://192.0.2.1:80/', 'http://example.com?x=http://other.example/',
  'http://(direct)/', 'x://(other)', 'x://(internal)/', 'http://ex ample.com/', 'http://example.com./', 'http://a\tb/', 'http://EXAMPLE.com/@x', 'http://example.com/a:b@c', 'http://a:b/c', 'http://😀/',
]; // prettier-ignore
const ODD_ADDRESSES = [
  '192.0.2.1:51001', '[192.0.2.2]', '::ffff:192.0.2.2', '::FFFF:C000:0202', '[::ffff:192.0.2.1]:80', '2001:DB8::1', '[2001:db8::1]', '[2001:db8::1]:443', '2001:db8:0:0:0:0:0:1',
  '2001:0db8::0001', 'fe80::1%eth0', '2001:db8:0:0:1:0:0:1', '2001:db8:0:1:1:1:1:1', 'HOST.Example', '192.0.2', '1.2.3.4.5', '01.2.3.4', '_a-b',
]; // prettier-ignore
const SEGMENTS = ['loyal', 'Loyal', 'new', 'ünï', '😀', '__proto__', 'constructor', 'a,b', '["x"]', ' ', '(none)', '0'];

/** What every maker of lines uses: chance, a counter, and fields that are right. */
export class Context {
  readonly random: Random;
  #unique = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /** A name that no other line has. */
  unique(prefix: string): string {
    return `${prefix}${++this.#unique}`;
  }

  site(): string {
    return this.random.pick(SITES);
  }

  object(): string {
    return this.random.chance(0.1) ? this.random.pick(TRAPS) : this.random.pick(OBJECTS);
  }

  /** An address in one of its spellings, or a host name. */
  address(): string {
    const { random } = this;
    if (random.chance(0.6)) return random.pick(['192.0.2.1', '192.0.2.2', '2001:db8::1', 'host.example', '198.51.100.7']);
    return random.pick(ODD_ADDRESSES);
  }

  /** What a look-up would say. Always given, so that nobody has to look up. */
  looked(): Fields {
    const { random } = this;
    const country = random.pick(['DE', 'US', 'FR', '', 'é']);
    return {
      browser: random.pick(['Firefox', 'Chrome', '', 'firefox', '__proto__', '🦊']),
      os: random.pick(['Linux', 'Windows', '']),
      device: random.pick(['Desktop', 'Mobile', '']),
      country,
      region: random.pick(['', 'Bayern', 'New York']),
      city: random.pick(['', 'Paris', 'München', 'Mu\u0308nchen']),
    };
  }

  /** The fields of a good impression, most of the optional ones among them. */
  fields(time = someInstant(this.random)): Fields {
    const { random } = this;
    const f: Fields = { time, site: this.site() };
    const action = random.pick(['view', 'view', 'view', 'view', 'download', 'search', undefined]);
    if (action !== undefined) f['action'] = action;
    if (action !== 'search' || random.chance(0.5)) f['object'] = this.object();
    if (action === 'search' ? random.chance(0.9) : random.chance(0.05)) f['term'] = random.pick(TERMS);
    if (random.chance(0.8)) f['type'] = random.pick(['Page', 'Article', 'Product', 'page', 'Ünï', '__proto__']);
    if (random.chance(0.7)) f['name'] = random.pick(['', 'Home', 'Chair', 'Stühle', '椅子', '🪑', 'a\tb', ...TRAPS.slice(0, 3)]);
    if (random.chance(0.6)) f['session'] = random.chance(0.1) ? '' : `s${random.below(400)}`;
    const who = random.unit();
    if (who < 0.75) f['visitor'] = random.chance(0.03) ? random.pick(TRAPS) : `v${random.below(300)}`;
    else if (who < 0.8) f['visitor'] = '';
    if (who >= 0.75 || random.chance(0.7)) f['ip'] = this.address();
    if (random.chance(0.5)) f['agent'] = random.pick(AGENTS);
    if (who >= 0.97) [f['ip'], f['agent']] = ['', 'only an agent'];
    if (f['ip'] !== undefined || f['agent'] !== undefined || random.chance(0.9)) Object.assign(f, this.looked());
    if (random.chance(0.7)) f['referrer'] = random.pick(REFERRERS);
    if (random.chance(0.3)) f['segments'] = Array.from({ length: random.below(5) }, () => random.pick(SEGMENTS));
    if (random.chance(0.2)) f['recommendations'] = Array.from({ length: random.below(4) }, () => random.pick(SEGMENTS));
    if (random.chance(0.05)) f['params'] = { colour: 'red', size: 42, sale: true, ratio: -0.5e-3, '': '' };
    return f;
  }

  /** One line's text: JSON with some freedom in order, white space and escapes. */
  json(fields: Fields): string {
    const { random } = this;
    let entries = Object.entries(fields);
    if (random.chance(0.3)) entries = random.shuffle(entries);
    const space = random.chance(0.1) ? random.pick([' ', '\t', '  ', ' \t ']) : '';
    const escape = random.chance(0.15);
    const text = (v: unknown): string => (escape ? this.#escaped(JSON.stringify(v)) : JSON.stringify(v));
    const pairs = entries.map(([k, v]) => `${space}${text(k)}${space}:${space}${text(v)}${space}`);
    return this.safe(`${space}{${pairs.join(',')}}${space}`);
  }

  /** No U+2028 or U+2029 as they are: some readers take them for the end of a line. */
  safe(json: string): string {
    return json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  }

  /** Well-formed text of exactly so many code points, of one to four bytes each. */
  text(codePoints: number): string {
    const { random } = this;
    const alphabet = random.pick([['x'], ['😀'], ['é', 'x'], ['日', '\u{20000}', 'a', '/', '"', '\\'], ['e\u0301'.slice(1), 'e']]);
    return Array.from({ length: codePoints }, () => random.pick(alphabet)).join('');
  }

  /** The same JSON with characters of its strings written as escapes. */
  #escaped(json: string): string {
    const { random } = this;
    return json.replace(/"(?:[^"\\]|\\.)*"/g, (string) =>
      string.replace(/\\u[0-9a-f]{4}|\\.|[^"]/gu, (c) => {
        if (/^\\./.test(c) || random.chance(0.6)) return c;
        if (c === '/') return '\\/';
        const units = c.split('').map((u) => `\\u${u.charCodeAt(0).toString(16).padStart(4, '0')}`);
        return random.chance(0.5) ? units.join('').toUpperCase().replaceAll('\\U', '\\u') : units.join('');
      }),
    );
  }
}
