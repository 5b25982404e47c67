const WITH_PATH = /^(\/api\/v1\/(?:packages|injections)\/)([^?]*)(\?.*)?$/;
const VIEW = /^(.+)(\/(?:beans|rejects))$/;

/**
 * Paths of packages have slashes, which a router takes for the ends of its parameters: write them as `%2F`, so that both
 * `/packages/a/b/beans` and `/packages/a%2Fb/beans` come to the route `/packages/:path/beans`.
 */
export function withPathsEscaped(url: string): string {
  const [, prefix, path = '', query = ''] = WITH_PATH.exec(url) ?? [];
  if (prefix === undefined) return url;
  const [, bare = path, view = ''] = (prefix.endsWith('/packages/') && VIEW.exec(path)) || [];
  return `${prefix}${bare.replace(/\/+$/, '').replaceAll('/', '%2F')}${view}${query}`;
}
