import type { Agent } from './agents.js';
import { Arena } from './arena.js';
import { makeSites, makeTerms, recommendations, referrers, segments } from './catalogue.js';
import type { Place } from './places.js';
import { Random, Weighted, zipf } from './random.js';
import type { LineWriter } from './traffic.js';
import { Visitors } from './visitors.js';
import type { Visits } from './visits.js';

const TERMS = 6000;
const SEARCH_SHARE = 0.07;
const DOWNLOAD_SHARE = 0.08;
/** Visits that refuse cookies. */
const ANONYMOUS_SHARE = 0.03;
/** Page views that tell the page before. */
const INTERNAL_REFERRER_SHARE = 0.3;

/** `,"key":value` for each field. */
const json = (fields: Readonly<Record<string, unknown>>): string => `,${JSON.stringify(fields).slice(1, -1)}`;

/**
 * Impressions as the sensor writes them (spec §2), about 350 bytes a line. All looked-up fields are given.
 *   shop, blog  session and visitor are given
 *   help        visitor is given, sessions are not
 *   any         some visits refuse cookies: neither is given, but the agent is
 */
export function impressionLines(seed: number, visitsADay: number): LineWriter {
  const random = new Random(seed, 6);
  const visitors = new Visitors(seed, Math.max(500, Math.round(visitsADay)));
  const sites = makeSites(seed);
  const sitePick = new Weighted(sites.map((s) => s.share));
  const terms = makeTerms(TERMS, seed);
  const termPick = new Weighted(zipf(terms.length, 0.9, 3));
  const referrerPick = new Weighted(referrers.map(([weight]) => weight));

  const arena = new Arena();
  const pages = sites.map((s) =>
    s.pages.map(({ path, type, name }) => arena.add(json({ action: 'view', object: path, type, ...(name === '' ? {} : { name }) }))),
  );
  const files = sites.map((s) =>
    s.downloads.map(({ path, type, name }) => arena.add(json({ action: 'download', object: path, type, name }))),
  );
  const searches = terms.map((term) => arena.add(json({ action: 'search', object: '/search', type: 'Search', term })));
  const external = referrers.map(([, referrer]) => arena.add(referrer === '' ? '' : json({ referrer })));
  const internal = sites.map((s) => s.pages.map(({ path }) => arena.add(json({ referrer: `https://${s.host}${path}` }))));
  const recommended = Array.from({ length: 400 }, () =>
    arena.add(json({ recommendations: Array.from({ length: random.between(1, 3) }, () => random.pick(recommendations)) })),
  );
  const known = Array.from({ length: 3 * segments.length }, (_, i) =>
    json({ segments: Array.from({ length: 1 + (i % 3) }, (_n, j) => segments[(Math.floor(i / 3) + 7 * j) % segments.length]) }),
  );
  const end = arena.add('}\n');
  arena.seal(1 << 20);

  const stamp = Buffer.from('{"time":0000000000');
  let stamped = NaN;
  // Of each open visit: its site, the page it was on last, whether it gets recommendations.
  let siteOf = new Uint8Array(1024);
  let pageOf = new Int32Array(1024);
  let engaged = new Uint8Array(1024);
  const looks = new Map<Agent | Place, string>();

  /** What a look-up says of an agent or a place, as JSON. */
  function look(of: Agent | Place): string {
    let text = looks.get(of);
    if (text === undefined) {
      text =
        'os' in of
          ? json({ browser: of.browser, os: of.os, device: of.device })
          : json({ country: of.country, region: of.region, city: of.city });
      looks.set(of, text);
    }
    return text;
  }

  function open(visits: Visits): void {
    const { slot } = visits;
    if (slot >= siteOf.length) {
      siteOf = grown(siteOf, new Uint8Array(2 * siteOf.length));
      engaged = grown(engaged, new Uint8Array(2 * engaged.length));
      pageOf = grown(pageOf, new Int32Array(2 * pageOf.length));
    }
    const v = visitors.next();
    const site = sitePick.at(random.unit());
    siteOf[slot] = site;
    pageOf[slot] = -1;
    let given = `,"site":"${(sites[site] as (typeof sites)[number]).name}"`;
    if (random.chance(ANONYMOUS_SHARE)) given += `,"ip":"${v.ip}","agent":"${v.agent.agent}"`;
    else {
      if (site !== 2) given += `,"session":"${random.next().toString(36)}${visits.visit.toString(36)}"`;
      given += `,"visitor":"${v.id}","ip":"${v.ip}"`;
    }
    // What a site knows of a visitor stays the same from visit to visit.
    engaged[slot] = v.bits % 100 < 30 ? 1 : 0;
    if (engaged[slot] === 1) {
      given += known[(v.bits >>> 8) % known.length] as string;
    }
    arena.note(slot, given + look(v.agent) + look(v.place));
  }

  return {
    arena,
    line(visits) {
      if (visits.first) open(visits);
      const { slot, time } = visits;
      const seconds = Math.floor(time / 1000);
      if (seconds !== stamped) {
        stamped = seconds;
        stamp.write(String(seconds), 8, 'latin1');
      }
      arena.putBytes(stamp);
      arena.putDigits(time - seconds * 1000, 3);
      arena.putNote(slot);
      const site = siteOf[slot] as number;
      const { popularity, downloadPopularity } = sites[site] as (typeof sites)[number];
      const previous = pageOf[slot] as number;
      const what = random.unit();
      if (what < SEARCH_SHARE) arena.put(searches[termPick.at(random.unit())] as number);
      else if (what < SEARCH_SHARE + DOWNLOAD_SHARE) arena.put((files[site] as number[])[downloadPopularity.at(random.unit())] as number);
      else {
        const page = popularity.at(random.unit());
        arena.put((pages[site] as number[])[page] as number);
        pageOf[slot] = page;
      }
      if (visits.first) arena.put(external[referrerPick.at(random.unit())] as number);
      else if (previous >= 0 && random.chance(INTERNAL_REFERRER_SHARE)) arena.put((internal[site] as number[])[previous] as number);
      if (engaged[slot] === 1 && random.chance(0.4)) arena.put(recommended[random.below(recommended.length)] as number);
      arena.put(end);
      // Most pages are looked at for seconds, some for minutes, few for long.
      const kind = random.unit();
      visits.schedule(500 + Math.floor(random.exponential(kind < 0.7 ? 25_000 : kind < 0.96 ? 110_000 : 600_000)));
    },
  };
}

function grown<T extends Uint8Array | Int32Array>(old: T, bigger: T): T {
  bigger.set(old);
  return bigger;
}
