import type { Random } from './random.js';
import { zipf } from './random.js';

/** A user agent, and what a look-up of it would say. */
export interface Agent {
  readonly agent: string;
  readonly browser: string;
  readonly os: string;
  readonly device: string;
  readonly weight: number;
}

interface System {
  readonly os: string;
  readonly device: string;
  readonly weight: number;
  /** What stands in the agent's brackets; `#` is a digit that differs between devices. */
  readonly tokens: readonly string[];
}

const DESKTOP: readonly System[] = [
  {
    os: 'Windows',
    device: 'Desktop',
    weight: 50,
    tokens: ['Windows NT 10.0; Win64; x64', 'Windows NT 6.1; WOW64', 'Windows NT 6.3; Win64; x64'],
  },
  { os: 'OS X', device: 'Desktop', weight: 14, tokens: ['Macintosh; Intel Mac OS X 10_11_#', 'Macintosh; Intel Mac OS X 10_10_#'] },
  { os: 'Linux', device: 'Desktop', weight: 6, tokens: ['X11; Linux x86_64', 'X11; Ubuntu; Linux i686'] },
];
const ANDROID: readonly System[] = [
  {
    os: 'Android',
    device: 'Mobile',
    weight: 20,
    tokens: [
      'Linux; Android 6.0.#; SM-G9#0F',
      'Linux; Android 5.#.1; LG-D85#',
      'Linux; Android 4.4.#; XT10#2',
      'Linux; Android 5.0.#; HTC One M#',
      'Linux; Android 6.0; E58#3',
    ],
  },
  { os: 'Android', device: 'Tablet', weight: 4, tokens: ['Linux; Android 5.0.#; SM-T5#0', 'Linux; Android 6.0.#; Nexus #'] },
];
const APPLE: readonly System[] = [
  {
    os: 'iOS',
    device: 'Mobile',
    weight: 16,
    tokens: ['iPhone; CPU iPhone OS 9_#_1 like Mac OS X', 'iPhone; CPU iPhone OS 8_#_3 like Mac OS X'],
  },
  { os: 'iOS', device: 'Tablet', weight: 5, tokens: ['iPad; CPU OS 9_#_1 like Mac OS X', 'iPad; CPU OS 8_# like Mac OS X'] },
];

type Build = (token: string, random: Random) => string;
const chrome =
  (suffix: string): Build =>
  (token, random) =>
    `Mozilla/5.0 (${token}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${random.between(40, 49)}.0.${random.between(2214, 2623)}.${random.between(10, 116)} ${suffix}`;
const version = (n: string, random: Random): string => n.replaceAll('#', () => String(random.between(1, 9)));

const BROWSERS: readonly {
  readonly browser: string;
  readonly weight: number;
  readonly systems: readonly System[];
  readonly build: Build;
}[] = [
  { browser: 'Chrome', weight: 48, systems: DESKTOP, build: chrome('Safari/537.36') },
  { browser: 'Chrome Mobile', weight: 30, systems: ANDROID, build: chrome('Mobile Safari/537.36') },
  {
    browser: 'Firefox',
    weight: 18,
    systems: DESKTOP,
    build: (token, random) => {
      const v = random.between(38, 45);
      return `Mozilla/5.0 (${token}; rv:${v}.0) Gecko/20100101 Firefox/${v}.0`;
    },
  },
  {
    browser: 'Mobile Safari',
    weight: 26,
    systems: APPLE,
    build: (token, random) =>
      `Mozilla/5.0 (${token}) AppleWebKit/60${version('#.#.#', random)} (KHTML, like Gecko) Version/${random.between(8, 9)}.0 Mobile/1${random.between(2, 3)}${random.pick(['A', 'B', 'C', 'D', 'E', 'F'])}${random.between(10, 450)} Safari/60${random.between(0, 2)}.1`,
  },
  {
    browser: 'Safari',
    weight: 9,
    systems: DESKTOP.slice(1, 2),
    build: (token, random) =>
      `Mozilla/5.0 (${token}) AppleWebKit/601.${version('#.#', random)} (KHTML, like Gecko) Version/9.0.${random.between(1, 3)} Safari/601.${version('#.#', random)}`,
  },
  {
    browser: 'Internet Explorer',
    weight: 9,
    systems: DESKTOP.slice(0, 1),
    build: (token, random) =>
      `Mozilla/5.0 (${token}; Trident/7.0; ${random.pick(['', 'Touch; ', 'SLCC2; .NET4.0C; .NET4.0E; ', 'MDDRJS; '])}rv:11.0) like Gecko`,
  },
  {
    browser: 'Edge',
    weight: 5,
    systems: DESKTOP.slice(0, 1),
    build: (token, random) => `${chrome('Safari/537.36')(token, random)} Edge/1${random.between(2, 3)}.10${random.between(240, 586)}`,
  },
  {
    browser: 'Opera',
    weight: 3,
    systems: DESKTOP,
    build: (token, random) =>
      `${chrome('Safari/537.36')(token, random)} OPR/${random.between(30, 35)}.0.${random.between(1835, 2066)}.${random.between(10, 92)}`,
  },
];

/** `count` different agents of people, the common ones first by weight. */
export function makeAgents(count: number, random: Random): Agent[] {
  const agents: Agent[] = [];
  const seen = new Set<string>();
  const totalWeight = BROWSERS.reduce((sum, b) => sum + b.weight, 0);
  for (const { browser, weight, systems, build } of BROWSERS) {
    const share = weight / totalWeight;
    const n = Math.max(1, Math.round(count * share));
    const versions = zipf(n, 1.1);
    const total = versions.reduce((sum, w) => sum + w, 0);
    const systemsWeight = systems.reduce((sum, s) => sum + s.weight, 0);
    // A browser has only so many versions: give up looking for another after a while.
    for (let made = 0, tries = 0; made < n && tries < 20 * n; tries++) {
      let at = random.unit() * systemsWeight;
      const system = systems.find((s) => (at -= s.weight) < 0) ?? random.pick(systems);
      const agent = build(version(random.pick(system.tokens), random), random);
      if (seen.has(agent)) continue;
      seen.add(agent);
      agents.push({ agent, browser, os: system.os, device: system.device, weight: (share * (versions[made++] as number)) / total });
    }
  }
  return agents;
}

/** Well-known robots and tools, as they name themselves. */
export const robots: readonly string[] = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
  'Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)',
  'Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)',
  'Mozilla/5.0 (compatible; AhrefsBot/5.0; +http://ahrefs.com/robot/)',
  'Mozilla/5.0 (compatible; MJ12bot/v1.4.5; http://www.majestic12.co.uk/bot.php?+)',
  'DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)',
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
  'Twitterbot/1.0',
  'Mozilla/5.0 (compatible; SemrushBot/1.0~bm; +http://www.semrush.com/bot.html)',
  'curl/7.47.0',
  'Python-urllib/2.7',
];
