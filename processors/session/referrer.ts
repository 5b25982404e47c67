import {
  dictionaryStrings,
  groupRows,
  Interner,
  keyPart,
  selectUints,
  stringColumn,
  unsetUints,
  type Batch,
  type StringColumn,
} from '../../engine/index.js';

const URL_HOST = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/:?#]+)/;
const SLASH = 47;
const COLON = 58;
const QUESTION = 63;
const HASH = 35;

/**
 * What reports show of a referrer: its host in lower case without a leading `www.`; `(direct)` for none, `(internal)` for
 * one of the site's own hosts, `(other)` for what is not `scheme://host…`. Source: spec §5 Sessions.
 */
export function referrerName(referrer: string, ownHosts: readonly string[]): string {
  if (referrer === '') return '(direct)';
  const host = URL_HOST.exec(referrer)?.[1];
  return host === undefined ? '(other)' : ownHosts.includes(hostName(host)) ? '(internal)' : hostName(host);
}

/** A host in the form in which hosts are compared. */
export function hostName(host: string): string {
  return host.toLowerCase().replace(/^www\./, '');
}

/**
 * The referrerName of each row's referrer. Most referrers differ in their paths only: what is behind the host is cut off their
 * bytes first, so that a name is worked out once a host and site.
 */
export function referrerNames(batch: Batch, hosts: Readonly<Record<string, readonly string[]>>): StringColumn {
  const site = stringColumn(batch, 'site');
  const origin = origins(stringColumn(batch, 'referrer'));
  const { count, firstRow, ofRow } = groupRows([keyPart(site), keyPart(origin)], batch.rows);
  const sites = dictionaryStrings(site.dictionary);
  const referrers = dictionaryStrings(origin.dictionary);
  // A site may be called `constructor` or `__proto__`.
  const hostsOf = (name: string): readonly string[] => (Object.hasOwn(hosts, name) ? (hosts[name] as readonly string[]) : []);
  const interner = new Interner();
  const names = unsetUints(count);
  for (let group = 0; group < count; group++) {
    const row = firstRow[group] as number;
    const own = hostsOf(sites[site.codes[row] as number] as string);
    names[group] = interner.internString(referrerName(referrers[origin.codes[row] as number] as string, own));
  }
  return { kind: 'string', dictionary: interner.dictionary(), codes: selectUints(names, ofRow) };
}

/** Referrers without what is behind their origins. */
function origins({ dictionary, codes }: StringColumn): StringColumn {
  const { size, bytes, offsets } = dictionary;
  const interner = new Interner();
  const ofEntry = unsetUints(size);
  for (let i = 0; i < size; i++) {
    const start = offsets[i] as number;
    ofEntry[i] = interner.intern(bytes, start, endOfOrigin(bytes, start, offsets[i + 1] as number));
  }
  return { kind: 'string', dictionary: interner.dictionary(), codes: selectUints(ofEntry, codes) };
}

/** Where a referrer that begins like `scheme://host` may end without another name: at the first of `/?#` behind the host. */
function endOfOrigin(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && bytes[i] !== SLASH) i++;
  // The two slashes of `://`; whatever is not of that form stays as it is.
  if (i === start || bytes[i - 1] !== COLON || bytes[i + 1] !== SLASH) return end;
  for (i += 2; i < end; i++) {
    const c = bytes[i];
    if (c === SLASH || c === QUESTION || c === HASH) return i;
  }
  return end;
}
