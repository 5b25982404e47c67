/** A transparent GIF of one pixel. */
export const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

const LISTS = new Set(['segments', 'recommendations']);

/**
 * The impression of a pixel's query: each parameter is the field of that name, `segments` and `recommendations` may come more
 * than once, `p.colour=red` is the value `colour` of `params`, and `time` is a number. Any other that comes twice counts once,
 * the last.
 */
export function impressionOf(query: Readonly<Record<string, string | readonly string[]>>): Record<string, unknown> {
  const params: [string, string][] = [];
  const fields: [string, unknown][] = [];
  for (const [name, given] of Object.entries(query)) {
    const last = typeof given === 'string' ? given : (given.at(-1) ?? '');
    if (LISTS.has(name)) fields.push([name, typeof given === 'string' ? [given] : given]);
    else if (name.startsWith('p.')) params.push([name.slice(2), last]);
    else if (name === 'time') fields.push([name, /^\d{1,15}$/.test(last) ? Number(last) : last]);
    else fields.push([name, last]);
  }
  if (params.length > 0) fields.push(['params', Object.fromEntries(params)]);
  // Object.fromEntries makes own properties of any name, __proto__ too, which is then refused.
  return Object.fromEntries(fields);
}
