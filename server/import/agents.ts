import { createRequire } from 'node:module';
import type * as Isbot from 'isbot';
import type * as UaParser from 'ua-parser-modern';
import { RecentCache } from './recent-cache.js';

const require = createRequire(import.meta.url);
const CACHED_AGENTS = 20_000;

/** What a user agent tells. '' where it tells nothing. */
export interface AgentNames {
  /** A name without version, such as `Chrome` or `Mobile Safari`. */
  readonly browser: string;
  /** A name without version, such as `Windows` or `Android`. */
  readonly os: string;
  readonly device: Device | '';
}

/** `robot`: a known robot, whatever it says it runs on. `desktop`: an operating system of desktops, and no other device named. */
export type Device = 'desktop' | 'mobile' | 'tablet' | 'tv' | 'console' | 'wearable' | 'embedded' | 'robot';

export interface Agents {
  isRobot(agent: string): boolean;
  namesOf(agent: string): AgentNames;
}

const DEVICES: ReadonlyMap<string, Device> = new Map([
  ['mobile', 'mobile'],
  ['tablet', 'tablet'],
  ['smarttv', 'tv'],
  ['console', 'console'],
  ['wearable', 'wearable'],
  ['embedded', 'embedded'],
]);
/** Systems that the library names as the agent writes them. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['linux', 'Linux'],
  ['ubuntu', 'Ubuntu'],
  ['kubuntu', 'Ubuntu'],
  ['debian', 'Debian'],
  ['gentoo', 'Gentoo'],
  ['freebsd', 'FreeBSD'],
  ['redhat', 'Red Hat'],
  ['PLAYSTATION', 'PlayStation'],
]);
const MOBILE_SYSTEM =
  /^(?:Android|iOS|Windows Phone|Windows Mobile|BlackBerry|Symbian|KaiOS|HarmonyOS|Firefox OS|Bada|Tizen|webOS|RIM Tablet OS|WatchOS)/;
const UNNAMED: AgentNames = { browser: '', os: '', device: '' };

/** Look-ups by user agent, remembered for agents seen lately. The libraries are loaded at the first look-up. */
export function agentLookup(): Agents {
  const robots = new RecentCache<boolean>(CACHED_AGENTS);
  const names = new RecentCache<AgentNames>(CACHED_AGENTS);
  let isbot: typeof Isbot.isbot | undefined;
  let parser: typeof UaParser | undefined;

  const isRobot = (agent: string): boolean => {
    if (agent === '') return false;
    isbot ??= (require('isbot') as typeof Isbot).isbot;
    return robots.get(agent, isbot);
  };
  const read = (agent: string): AgentNames => {
    parser ??= require('ua-parser-modern') as typeof UaParser;
    const { browser, os, device } = parser.parseUA(agent);
    const system = SPELLINGS.get(os.name ?? '') ?? os.name ?? '';
    return { browser: browser.name ?? '', os: system, device: deviceOf(isRobot(agent), device.type, system) };
  };
  return { isRobot, namesOf: (agent) => (agent === '' ? UNNAMED : names.get(agent, read)) };
}

function deviceOf(robot: boolean, type: string | undefined, system: string): Device | '' {
  if (robot) return 'robot';
  const named = DEVICES.get(type ?? '');
  if (named !== undefined) return named;
  if (system === '') return '';
  return MOBILE_SYSTEM.test(system) ? 'mobile' : 'desktop';
}
