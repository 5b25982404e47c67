import { robots } from './agents.js';
import { Arena } from './arena.js';
import { makeSites, makeTerms, referrers } from './catalogue.js';
import { Random, Weighted, zipf } from './random.js';
import type { LineWriter } from './traffic.js';
import { Visitors } from './visitors.js';
import type { Visits } from './visits.js';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const STATIC = ['css', 'js', 'png', 'jpg', 'svg', 'woff2', 'ico', 'gif'];
const MISSING = [
  '/wp-login.php',
  '/favicon.png.old',
  '/admin/',
  '/.git/config',
  '/old-page.html',
  '/apple-touch-icon-precomposed',
  '/xmlrpc.php',
];
/** Robots' share of the visits, and so of the lines. */
const ROBOT_SHARE = 0.05;

/** `24/Feb/2016:00:00:00 +0000` */
export function logTime(time: number): string {
  const d = new Date(time).toISOString();
  return `${d.slice(8, 10)}/${MONTHS[Number(d.slice(5, 7)) - 1]}/${d.slice(0, 4)}:${d.slice(11, 19)} +0000`;
}

/**
 * Lines of the combined log of one site, in UTC. A person's page view is followed by the static files of the page; there are
 * downloads, searches, missing pages, methods other than GET, and requests that are none.
 */
export function logLines(seed: number, visitsInAll: number): LineWriter {
  const random = new Random(seed, 7);
  const visitors = new Visitors(seed, Math.max(500, Math.round(visitsInAll)));
  const [site] = makeSites(seed) as [ReturnType<typeof makeSites>[number]];
  const home = `https://${site.host}`;
  const terms = makeTerms(6000, seed);
  const termPick = new Weighted(zipf(terms.length, 0.9, 3));
  const referrerPick = new Weighted(referrers.map(([weight]) => weight));

  const arena = new Arena();
  const get = arena.add('"GET ');
  const other = ['"POST ', '"HEAD ', '"OPTIONS '].map((m) => arena.add(m));
  const ok = arena.add(' HTTP/1.1" 200 ');
  const unchanged = arena.add(' HTTP/1.1" 304 - "');
  const partial = arena.add(' HTTP/1.1" 206 ');
  const moved = arena.add(' HTTP/1.1" 301 ');
  const notFound = arena.add(' HTTP/1.1" 404 ');
  const failed = arena.add(' HTTP/1.1" 500 ');
  const garbage = ['"-" 408 ', '"\\x16\\x03\\x01" 400 ', '"\\x80w\\x01\\x03\\x01" 400 '].map((r) => arena.add(r));
  const quote = arena.add(' "');
  const paths = site.pages.map((p) => arena.add(p.path));
  const files = site.downloads.map((p) => arena.add(p.path));
  const searches = terms.map((t) => arena.add(`/search?q=${encodeURIComponent(t).replaceAll('%20', '+')}`));
  const assets = Array.from({ length: 600 }, (_, i) =>
    arena.add(`/assets/${i.toString(36)}-${random.next().toString(36)}.${STATIC[i % STATIC.length]}`),
  );
  const assetPick = new Weighted(zipf(assets.length, 0.8));
  const missing = MISSING.map((p) => arena.add(p));
  const robotsTxt = arena.add('/robots.txt');
  const external = referrers.map(([, r]) => arena.add(r === '' ? '-' : r));
  const none = arena.add('-');
  const homeText = arena.add(home);
  arena.seal(1 << 20);

  // Of each open visit: the page it is on, files of that page to fetch yet, 1 for a robot. Notes: the address in the place
  // 2 * slot, the agent in the place 2 * slot + 1.
  let pageOf = new Int32Array(1024);
  let pending = new Uint8Array(1024);
  let robotic = new Uint8Array(1024);
  let stampOf = NaN;
  const stamp = Buffer.alloc(28);

  function open(visits: Visits): void {
    const { slot } = visits;
    if (slot >= pageOf.length) {
      const size = pageOf.length * 2;
      const bigger = [new Int32Array(size), new Uint8Array(size), new Uint8Array(size)] as const;
      bigger[0].set(pageOf);
      bigger[1].set(pending);
      bigger[2].set(robotic);
      [pageOf, pending, robotic] = bigger;
    }
    pageOf[slot] = -1;
    pending[slot] = 0;
    robotic[slot] = random.chance(ROBOT_SHARE) ? 1 : 0;
    let ip: string;
    let agent: string;
    if (robotic[slot] === 1) {
      const r = random.below(robots.length);
      ip = `66.249.${64 + r}.${random.below(24)}`;
      agent = robots[r] as string;
    } else {
      const v = visitors.next();
      ({ ip } = v);
      ({ agent } = v.agent);
    }
    arena.note(2 * slot, `${ip} - - [`);
    arena.note(2 * slot + 1, `" "${agent}"\n`);
  }

  function putStamp(time: number): void {
    const seconds = Math.floor(time / 1000);
    if (seconds !== stampOf) {
      stampOf = seconds;
      stamp.write(`${logTime(time)}] `, 'latin1');
    }
    arena.putBytes(stamp);
  }

  function putReferrer(visits: Visits, previous: number): void {
    if (visits.first) arena.put(external[referrerPick.at(random.unit())] as number);
    else if (previous < 0) arena.put(none);
    else {
      arena.put(homeText);
      arena.put(paths[previous] as number);
    }
  }

  function answer(status: number, bytes: number): void {
    arena.put(status);
    arena.putDigits(bytes, 1 + Math.floor(Math.log10(bytes)));
    arena.put(quote);
  }

  function person(visits: Visits): number {
    const { slot } = visits;
    const previous = pageOf[slot] as number;
    const left = pending[slot] as number;
    if (left > 0) {
      pending[slot] = left - 1;
      arena.put(get);
      arena.put(assets[assetPick.at(random.unit())] as number);
      if (random.chance(0.25)) arena.put(unchanged);
      else answer(ok, random.between(180, 90_000));
      putReferrer(visits, previous);
      return 15 + random.below(300);
    }
    const what = random.unit();
    if (what < 0.86) {
      const page = site.popularity.at(random.unit());
      arena.put(what < 0.01 ? (other[random.below(other.length)] as number) : get);
      arena.put(paths[page] as number);
      if (what > 0.8) arena.put(unchanged);
      else answer(what > 0.792 ? moved : what > 0.79 ? failed : ok, random.between(2500, 60_000));
      putReferrer(visits, previous);
      pageOf[slot] = page;
      pending[slot] = visits.first ? random.between(2, 7) : random.below(3);
      return pending[slot] === 0 ? pause() : 80 + random.below(400);
    }
    if (what < 0.92) {
      arena.put(get);
      arena.put(files[site.downloadPopularity.at(random.unit())] as number);
      answer(what > 0.915 ? partial : ok, random.between(40_000, 9_000_000));
    } else if (what < 0.97) {
      arena.put(get);
      arena.put(searches[termPick.at(random.unit())] as number);
      answer(ok, random.between(2500, 30_000));
    } else if (what < 0.9992) {
      arena.put(get);
      arena.put(missing[random.below(missing.length)] as number);
      answer(notFound, random.between(209, 1200));
    } else answer(garbage[random.below(garbage.length)] as number, random.between(150, 500));
    putReferrer(visits, previous);
    return pause();
  }

  function robot(visits: Visits): number {
    arena.put(get);
    const what = random.unit();
    if (visits.first) arena.put(robotsTxt);
    else if (what < 0.1) arena.put(missing[random.below(missing.length)] as number);
    else arena.put(paths[random.below(paths.length)] as number);
    answer(!visits.first && what < 0.1 ? notFound : ok, random.between(300, 60_000));
    arena.put(none);
    return 1000 + Math.floor(random.exponential(20_000));
  }

  const pause = (): number => 800 + Math.floor(random.exponential(random.chance(0.8) ? 30_000 : 200_000));

  return {
    arena,
    line(visits) {
      if (visits.first) open(visits);
      const { slot } = visits;
      arena.putNote(2 * slot);
      putStamp(visits.time);
      const gap = robotic[slot] === 1 ? robot(visits) : person(visits);
      arena.putNote(2 * slot + 1);
      visits.schedule(gap);
    },
  };
}
