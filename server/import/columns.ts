/**
 * The columns of a scanned impression, in the order in which their faults are reported (spec §2; a line is rejected for
 * the first rule it breaks). `time` comes before all of them, and is not a column: it is kept as a number.
 */
export const IMPRESSION_COLUMNS = [
  'site',
  'action',
  'object',
  'type',
  'name',
  'term',
  'session',
  'visitor',
  'ip',
  'agent',
  'referrer',
  'segments',
  'recommendations',
  'id',
  'browser',
  'os',
  'device',
  'country',
  'region',
  'city',
  'params',
] as const;

export type ImpressionColumn = (typeof IMPRESSION_COLUMNS)[number];

/** Greatest length of a string column in code points. */
export const MAX_LENGTH = {
  site: 64,
  action: 8,
  object: 1024,
  type: 64,
  name: 1024,
  term: 256,
  session: 128,
  visitor: 128,
  ip: 64,
  agent: 2048,
  referrer: 2048,
  id: 64,
  browser: 128,
  os: 128,
  device: 128,
  country: 128,
  region: 128,
  city: 128,
} as const satisfies Partial<Record<ImpressionColumn, number>>;

export type TextColumn = keyof typeof MAX_LENGTH;
export type ListColumn = 'segments' | 'recommendations';

/** Greatest number of entries of a list, and of values of `params`. */
export const MAX_ENTRIES = 64;
export const MAX_ENTRY_LENGTH = 128;
export const MAX_PARAMS = 32;

/** Greatest length of a line in bytes, without its end. */
export const MAX_LINE = 65_536;
