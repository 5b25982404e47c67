import { makeSites } from './catalogue.js';
import { logTime } from './log-lines.js';
import { Random } from './random.js';
import { Visitors } from './visitors.js';
import type { Piece } from './write.js';

export interface PageViewOptions {
  /** The first day, in UTC, `yyyy-mm-dd`. */
  readonly start: string;
  readonly days: number;
  /** Page views of each day. */
  readonly each: number;
  readonly seed: number;
}

const DAY_S = 86_400;
/** Visitors that were there before. */
const KNOWN = 500;

/**
 * Page views that stand alone, in order of time: a line of the combined log each, of the site and the pages of `logLines`.
 * Unlike `traffic`, every day has the same number of lines, however few, and all of them count.
 */
export function* pageViews({ start, days, each, seed }: PageViewOptions): Generator<Piece> {
  const random = new Random(seed, 8);
  const visitors = new Visitors(seed, KNOWN);
  const [site] = makeSites(1) as [ReturnType<typeof makeSites>[number]];
  const first = Date.parse(`${start}T00:00:00Z`) / 1000;
  for (let n = 0; n < days * each; n++) {
    // The k-th of a day lies in the k-th part of it.
    const time = first + Math.floor(((n + random.unit()) * DAY_S) / each);
    const { ip, agent } = visitors.next();
    const page = site.pages[site.popularity.at(random.unit())]?.path;
    const bytes = random.between(2500, 60_000);
    yield {
      bytes: Buffer.from(`${ip} - - [${logTime(time * 1000)}] "GET ${page} HTTP/1.1" 200 ${bytes} "-" "${agent.agent}"\n`, 'latin1'),
    };
  }
}
