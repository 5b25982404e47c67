import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Cron } from 'croner';
import * as z from 'zod';
import { zone } from '../engine/period.js';
import { bare, override, type Environment } from './environment.js';
import { fail } from './errors.js';
import { LEAST_MEMORY, parseSize } from './memory.js';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `500ms`, `30s`, `10m`, `4h` or `30d`, read as ms. */
const duration = z
  .string()
  .regex(/^\d+(ms|s|m|h|d)$/, 'must be a duration such as 30s, 10m, 4h or 30d')
  .transform((text) => {
    const [, n, unit] = /^(\d+)(\w+)$/.exec(text) as unknown as [string, string, keyof typeof UNITS];
    return Number(n) * UNITS[unit];
  });

/** `512MiB` or `2GiB`, read as bytes. */
const size = z
  .string()
  .regex(/^\d+(M|G)iB$/, 'must be a size such as 512MiB or 2GiB')
  .transform(parseSize);

const timeZone = z.string().refine((name) => {
  try {
    return zone(name).name !== '';
  } catch {
    return false;
  }
}, 'must be an IANA time zone such as Europe/Berlin');

const cron = z.string().refine((pattern) => {
  try {
    return new Cron(pattern, { paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}, "must be a cron expression such as '*/10 * * * *'");

const site = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be a site: 1 to 64 letters, digits, dots, hyphens or underscores');

const token = z.string().regex(/^[A-Za-z0-9._~+/=-]{16,256}$/, 'must be a token: 16 to 256 letters, digits or ._~+/=-');

/** `dataset.json`, spec §8. Each description is what the documentation says of the setting. */
export const settingsSchema = z.strictObject({
  timeZone: timeZone.default('UTC').describe('IANA time zone of days, weeks and months; fixed when the dataset is made'),
  sites: z
    .record(
      site,
      z.strictObject({
        hosts: z.array(z.string().min(1)).default([]).describe("the site's own hosts: referrers from them are (internal)"),
      }),
    )
    .default({})
    .describe('the sites and their hosts'),
  session: z
    .strictObject({
      timeoutMinutes: z
        .number()
        .positive()
        .max(1440)
        .default(30)
        .describe('a session without an id is cut where two impressions are further apart'),
    })
    .prefault({}),
  sensor: z
    .strictObject({
      thresholdTime: duration.prefault('10m').describe('how often the sensor ends a work package of oirawdata'),
      sessionThresholdTime: duration
        .optional()
        .describe('how often the sensor ends a work package of sesrawdata (default: at local midnight only)'),
      commitMs: z
        .int()
        .min(0)
        .max(1000)
        .default(10)
        .describe('how long at most the sensor gathers impressions for one write to the disk, in ms'),
      requestQueue: z
        .strictObject({
          warnSize: z.int().positive().default(10_000).describe('waiting requests at which the sensor warns'),
          maxSize: z.int().positive().default(50_000).describe('waiting requests at which the sensor refuses more'),
          maxBytes: z
            .int()
            .positive()
            .default(67_108_864)
            .describe(
              'bytes of waiting impressions at which the sensor refuses more; large bodies that are being read may take half of it, those of one address a sixteenth',
            ),
        })
        .prefault({}),
      bodyLimit: z.int().min(1024).default(1_048_576).describe('greatest body of a request to the sensor, in bytes'),
      headTimeout: duration
        .refine((ms) => ms > 0, 'must be longer than nothing')
        .prefault('10s')
        .describe('how long the head of a request may take to come, or the first byte of a new connection'),
      bodyTimeout: duration
        .refine((ms) => ms > 0, 'must be longer than nothing')
        .prefault('10s')
        .describe('how long the body of a request may take to come: then it is refused, and the connection closed'),
      bodyRate: z
        .strictObject({
          min: z.int().min(0).default(4096).describe('bytes a second, from its beginning on, that a body must come at; 0 is no such rule'),
          grace: duration.prefault('3s').describe('how long a body may take before its rate is looked at'),
        })
        .prefault({}),
      maxConnections: z
        .int()
        .min(8)
        .default(10_000)
        .describe(
          'connections to the sensor at a time, but no more than half of the files that a process may open; past them the one that has been idle for longest is closed; one address that is no proxy may have an eighth',
        ),
      ingestToken: z
        .string()
        .regex(/^[\x21-\x7e]{16,256}$/, 'must be a token: 16 to 256 visible ASCII characters')
        .optional()
        .describe('senders that show it (Authorization: Bearer) may give time, ip, agent and what is else looked up'),
      corsOrigins: z
        .array(z.string().regex(/^(\*|https?:\/\/[^/\s]+)$/, "must be an origin such as https://shop.example, or '*'"))
        .default(['*'])
        .describe("origins whose pages may read the sensor's answers; '*' is any"),
      trustedProxies: z
        .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
        .default([])
        .describe('addresses or networks of proxies whose X-Forwarded-For is believed'),
      rateLimit: z
        .strictObject({
          max: z.int().min(0).default(6000).describe('impressions that an address may send in a window; 0 is no limit'),
          window: duration.prefault('1m').describe('how long a window is'),
        })
        .prefault({}),
      anonymiseAddresses: z
        .boolean()
        .default(false)
        .describe('zero the last octet of an IPv4 address and the last 80 bits of an IPv6 one before anything is written'),
      respectDoNotTrack: z.boolean().default(false).describe('take nothing from browsers that send Do Not Track or Global Privacy Control'),
    })
    .refine(({ requestQueue: { warnSize, maxSize } }) => warnSize <= maxSize, {
      path: ['requestQueue'],
      message: 'warnSize must not be above maxSize',
    })
    .prefault({}),
  api: z
    .strictObject({
      adminToken: token.optional().describe('token that may do everything in the API and panel; needed to listen on more than loopback'),
      readToken: token.optional().describe('token that may only look'),
      hosts: z
        .array(z.string().regex(/^[A-Za-z0-9.-]{1,253}$/, 'must be a host name without a port'))
        .default([])
        .describe('names under which people reach the API, beside localhost and the address it listens on'),
    })
    .prefault({}),
  geo: z
    .strictObject({
      cityDatabase: z.string().min(1).optional().describe('a MaxMind database (.mmdb) with cities, relative to dataset.json'),
    })
    .prefault({}),
  sources: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64).optional().describe('what status and log call it (default: the path)'),
        path: z.string().min(1).describe('file, or pattern with * ? and **, relative to dataset.json'),
        format: z.enum(['auto', 'impressions', 'common', 'combined', 'vhost_combined']).default('auto').describe('format of the lines'),
        site: site.default('default').describe("site of a log's lines"),
        cron: cron.default('*/10 * * * *').describe("when to look for new lines: a cron expression, in the dataset's zone"),
        keep: z
          .array(z.enum(['method', 'status', 'static', 'bot']))
          .default([])
          .describe('lines of a log that are not filtered'),
      }),
    )
    .default([])
    .describe('logs that `tidemill serve` reads as they grow; rotated and compressed files are known again'),
  retention: z
    .record(
      z.string(),
      z.strictObject({ keep: duration.describe('how long after the end of their day, week or month beans are kept, such as 30d') }),
    )
    .default({})
    .describe(
      'by location: how long `tidemill serve` keeps the beans of packages; counts and reports stay, rejected lines go with the beans; what is still needed waits: impressions with ids in oirawdata, with which late ones are compared, until oiprocessed and sesrawdata of their day are purged',
    ),
  scheduler: z
    .strictObject({
      liveSums: z
        .boolean()
        .default(false)
        .describe('also process days, weeks and months that have not ended, again each time that data comes'),
      taskTimeout: duration
        .refine((ms) => ms > 0, 'must be longer than nothing')
        .prefault('10m')
        .describe(
          'how long a task may take, such as the map of a shard: then it is given up, and tried again, three times at most; a job fails with the twelfth try lost so',
        ),
    })
    .prefault({}),
  memory: size
    .refine((bytes) => bytes >= LEAST_MEMORY, 'must be at least 256MiB')
    .optional()
    .describe(
      "what work may hold in memory, such as 512MiB or 2GiB; the analytics database gets half, and puts on the disk what it has no room for (default: a quarter of the machine's or the container's, at least 512MiB, at most 1GiB)",
    ),
  processors: z.array(z.string().min(1)).default([]).describe('modules with processors of your own, relative to dataset.json'),
});

export type Settings = z.output<typeof settingsSchema>;

/** The settings as dataset.json gives them, as a JSON Schema. */
export function settingsJsonSchema(): object {
  return z.toJSONSchema(settingsSchema, { io: 'input', unrepresentable: 'any' });
}

export function settingsFile(folder: string): string {
  return path.join(folder, 'dataset.json');
}

/** What the file says, whatever that is; nothing where there is no file. Errors: TM_ERR_SETTINGS. */
export function rawSettings(file: string): unknown {
  if (!existsSync(file)) return {};
  try {
    // Some editors begin a file with a byte order mark.
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, ''));
  } catch (cause) {
    throw fail('TM_ERR_SETTINGS', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/**
 * The settings of a dataset: `dataset.json` where it is there, overridden by the environment (`override`). Errors: TM_ERR_SETTINGS,
 * naming each bad key, and each variable whose value is bad.
 */
export function readSettings(folder: string, environment: Environment): Settings {
  const file = settingsFile(folder);
  const raw = rawSettings(file);
  const { value, variables } = override(settingsSchema, raw, environment);
  // Without making a function of each object's schema first: that pays where much is read with them.
  const parsed = settingsSchema.safeParse(value, { jitless: true });
  if (parsed.success) return parsed.data;
  const inFile: string[] = [];
  const inEnvironment: string[] = [];
  for (const issue of parsed.error.issues) {
    // Of a rule that several settings share, the variables of all of them.
    const names =
      issue.code === 'unrecognized_keys' ? [] : [...variables].filter(([, at]) => isWithin(at, issue.path)).map(([name]) => name);
    if (names.length === 0) inFile.push(problemOf(issue));
    else inEnvironment.push(`${names.join(', ')}: ${issue.message}`);
  }
  const problems = [...inFile, ...inEnvironment];
  throw fail('TM_ERR_SETTINGS', `${inFile.length > 0 ? `${file}: ` : ''}${problems.join('; ')}`, { data: { problems } });
}

function isWithin(at: readonly string[], outer: readonly PropertyKey[]): boolean {
  return outer.every((key, i) => at[i] === key);
}

function problemOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => `${[...issue.path, key].join('.')}: there is no such setting${insteadOf(key, issue.path)}`).join('; ')
    : `${issue.path.join('.') || 'dataset.json'}: ${issue.message}`;
}

/** The setting that differs in its case only, such as that of a key written as `thresholdtime`. */
function insteadOf(key: string, at: readonly PropertyKey[]): string {
  let schema: z.core.$ZodType | undefined = settingsSchema;
  for (const name of at) {
    const inner: z.core.$ZodType = bare(schema);
    schema =
      inner instanceof z.ZodObject
        ? inner.shape[String(name)]
        : inner instanceof z.ZodArray
          ? inner.element
          : (inner as z.ZodRecord).valueType;
    if (schema === undefined) return '';
  }
  const object = bare(schema);
  const meant = object instanceof z.ZodObject && Object.keys(object.shape).find((name) => name.toLowerCase() === key.toLowerCase());
  return typeof meant === 'string' ? `, but ${[...at, meant].join('.')}` : '';
}
