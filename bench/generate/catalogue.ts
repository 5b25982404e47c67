import { Random, Weighted, zipf } from './random.js';

/** Something that a site shows. */
export interface Page {
  readonly path: string;
  readonly type: string;
  readonly name: string;
}

/** A website: what it has, and how popular that is. */
export interface Site {
  readonly name: string;
  readonly host: string;
  /** Share of the visits. */
  readonly share: number;
  readonly pages: readonly Page[];
  readonly popularity: Weighted;
  readonly downloads: readonly Page[];
  readonly downloadPopularity: Weighted;
}

const MATERIALS =
  'oak beech walnut birch cherry pine ash maple bamboo steel brass copper linen cotton wool felt leather cork glass stone'.split(' ');
const KINDS =
  'chair table lamp sofa desk trunk stool mirror rug cushion vase bowl clock basket frame hook tray candle blanket cabinet'.split(' ');
const COLOURS = 'white black grey sand amber olive moss teal navy plum rust rose ivory slate mint'.split(' ');
const VERBS =
  'choosing mending cleaning building moving painting joining oiling storing shipping measuring turning weaving planning lighting'.split(
    ' ',
  );
const THINGS =
  'small-rooms old-wood winter-light kitchens balconies first-flats the-workshop good-glue straight-cuts quiet-corners long-tables open-shelves soft-floors warm-colours tidy-cables'.split(
    ' ',
  );
const MATTERS = 'delivery payment returns account warranty assembly invoices vouchers stock privacy newsletter spare-parts'.split(' ');

const title = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1).replaceAll('-', ' ');

function products(count: number, random: Random): Page[] {
  return Array.from({ length: count }, (_, i) => {
    const kind = random.pick(KINDS);
    const material = random.pick(MATERIALS);
    const colour = random.pick(COLOURS);
    return { path: `/${kind}s/${material}-${kind}-${colour}-${i + 100}`, type: 'Product', name: title(`${material} ${kind}, ${colour}`) };
  });
}

function articles(count: number, random: Random): Page[] {
  return Array.from({ length: count }, (_, i) => {
    const verb = random.pick(VERBS);
    const thing = random.pick(THINGS);
    const month = String(random.between(1, 12)).padStart(2, '0');
    // A few have letters beyond ASCII in their titles, some have no title.
    const name =
      i % 40 === 7
        ? ''
        : i % 11 === 3
          ? `${title(verb)} – «${thing.replaceAll('-', ' ')}», très bien`
          : `${title(verb)} for ${thing.replaceAll('-', ' ')}`;
    return { path: `/${random.between(2011, 2015)}/${month}/${verb}-${thing}-${i}`, type: 'Article', name };
  });
}

function answers(count: number, random: Random): Page[] {
  return Array.from({ length: count }, (_, i) => {
    const matter = random.pick(MATTERS);
    return { path: `/${matter}/question-${i}`, type: 'Page', name: `${title(matter)}: question ${i}` };
  });
}

function files(count: number, random: Random): Page[] {
  return Array.from({ length: count }, (_, i) => {
    const kind = random.pick(KINDS);
    const extension = random.pick(['pdf', 'pdf', 'pdf', 'zip', 'epub']);
    return { path: `/downloads/${kind}-${i}.${extension}`, type: 'Download', name: title(`${kind} manual ${i}`) };
  });
}

function site(name: string, host: string, share: number, pages: Page[], downloads: Page[], exponent: number, offset: number): Site {
  return {
    name,
    host,
    share,
    pages: [{ path: '/', type: 'Home', name: title(name) }, ...pages],
    popularity: new Weighted(zipf(pages.length + 1, exponent, offset)),
    downloads,
    downloadPopularity: new Weighted(zipf(downloads.length, 0.9)),
  };
}

/** Three sites with 20,000 objects; the first has most of the visits. */
export function makeSites(seed: number): Site[] {
  const random = new Random(seed, 2);
  return [
    site('shop', 'www.shop.example', 0.82, products(14_500, random), files(500, random), 0.9, 4),
    site('blog', 'blog.example', 0.12, articles(3_600, random), files(200, random), 0.9, 3),
    site('help', 'help.shop.example', 0.06, answers(1_100, random), files(97, random), 0.9, 3),
  ];
}

/** What people look for, the frequent ones first; spelled with and without capitals and with odd spaces, as people do. */
export function makeTerms(count: number, seed: number): string[] {
  const random = new Random(seed, 3);
  return Array.from({ length: count }, () => {
    const words = [random.pick(COLOURS), random.pick(MATERIALS), random.pick(KINDS)].slice(random.between(0, 2));
    if (random.chance(0.15)) words.push(String(random.between(10, 200)));
    const term = words.join(random.chance(0.03) ? '  ' : ' ');
    return random.chance(0.2) ? title(term) : random.chance(0.02) ? `${term} ` : random.chance(0.02) ? `${term} für küche` : term;
  });
}

/** Where visits come from; '' is a visit without a referrer. */
export const referrers: readonly (readonly [weight: number, referrer: string])[] = [
  [34, ''],
  [30, 'https://www.google.com/'],
  [6, 'https://www.google.de/'],
  [4, 'http://www.bing.com/search?q=shelf'],
  [3, 'https://duckduckgo.com/'],
  [4, 'https://t.co/Rk3vWq0bZz'],
  [5, 'https://www.facebook.com/'],
  [3, 'http://m.facebook.com/l.php'],
  [2, 'https://www.reddit.com/r/woodworking/'],
  [2, 'https://news.ycombinator.com/item?id=11024911'],
  [1, 'android-app://com.google.android.gm'],
  [1, 'https://mail.example:8443/inbox'],
  [1, 'about:blank'],
  ...Array.from({ length: 120 }, (_, i): [number, string] => [4 / (i + 8), `http://www.partner${i}.example/links/${i * 7}`]),
];

export const segments: readonly string[] = [
  ...'newcomer regular bargain-hunter window-shopper big-spender gift-buyer homeowner tenant craftsman designer student parent'.split(' '),
  ...'early-bird night-owl mobile-only newsletter loyal lapsed local abroad trade press staff-friend wish-list'.split(' '),
];

export const recommendations: readonly string[] = MATERIALS.flatMap((m) => ['similar', 'matching', 'on-offer'].map((r) => `${r}-${m}`));
