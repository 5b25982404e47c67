/** Load a sensor with autocannon for a while, and print what came of it as JSON: `node sensor-load.js '{"port":…,…}'`. */
import { createRequire } from 'node:module';

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second, all connections together; without it as many as are answered. */
  readonly rate?: number;
}

export interface LoadResult {
  /** Answers 2xx, all others, and requests without an answer. */
  readonly answered: number;
  readonly refused: number;
  readonly errors: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

/** What we use of autocannon. It is a development dependency, and an installed Tidemill compiles without its types. */
type Autocannon = (options: object) => Promise<{
  '2xx': number;
  non2xx: number;
  errors: number;
  duration: number;
  latency: { p50: number; p99: number };
}>;

/** What a page's tag sends. */
const BODY = JSON.stringify({
  site: 'shop',
  action: 'view',
  object: '/products/tea/green-tea-200g',
  type: 'Product',
  name: 'Green tea 200 g | The Tea Shop',
  referrer: 'https://www.shop.example/products/tea',
  session: 's-4711-0815',
  params: { colour: 'green', price: 12.5 },
});
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

const { port, connections, seconds, rate } = JSON.parse(process.argv[2] ?? '') as LoadOptions;
const autocannon = createRequire(import.meta.url)('autocannon') as Autocannon;
const result = await autocannon({
  url: `http://127.0.0.1:${port}/sensor`,
  method: 'POST',
  headers: { 'content-type': 'application/json', 'user-agent': AGENT },
  body: BODY,
  connections,
  duration: seconds,
  ...(rate === undefined ? {} : { overallRate: rate }),
});
const told: LoadResult = {
  answered: result['2xx'],
  refused: result.non2xx,
  errors: result.errors,
  seconds: result.duration,
  p50: result.latency.p50,
  p99: result.latency.p99,
};
process.stdout.write(JSON.stringify(told));
