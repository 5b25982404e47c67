import { createStore } from './store.js';

/** Where the panel is: the part of the address after `#`. */
export interface Route {
  readonly path: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

/** `#/jobs?state=failed`. Empty values are left out. Pure. */
export function hrefOf(path: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): string {
  const entries = Object.entries(query).filter((e): e is [string, string] => e[1] !== undefined && e[1] !== '');
  const search = new URLSearchParams(entries).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`;
}

/** Pure; what cannot be decoded stays as it is. */
export function parseHash(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return { path: path.split('/').filter(Boolean).map(decode), query: Object.fromEntries(new URLSearchParams(search)) };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export const route = createStore<Route>(parseHash(location.hash));

addEventListener('hashchange', () => route.set(parseHash(location.hash)));

export function go(href: string): void {
  location.hash = href;
}

/** Change the query of where the panel is, without a step in the history. */
export function setQuery(changes: Readonly<Record<string, string | undefined>>): void {
  const { path, query } = route.get();
  history.replaceState(null, '', hrefOf(path, { ...query, ...changes }));
  route.set(parseHash(location.hash));
}

/** Addresses of things. */
export const links = {
  summary: '#/',
  jobs: (query: Readonly<Record<string, string | undefined>> = {}): string => hrefOf(['jobs'], query),
  job: (id: string): string => hrefOf(['jobs', id]),
  location: (name: string, query: Readonly<Record<string, string | undefined>> = {}): string => hrefOf(['locations', name], query),
  processor: (name: string): string => hrefOf(['processors', name]),
  /** A package, or a folder above packages. */
  packages: (path = ''): string => hrefOf(['packages', ...path.split('/').filter(Boolean)]),
  injections: '#/injections',
  injection: (path: string): string => hrefOf(['injections', ...path.split('/').filter(Boolean)]),
  rejects: '#/rejects',
  sensor: '#/sensor',
  agent: '#/agent',
  database: '#/database',
};
