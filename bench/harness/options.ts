import path from 'node:path';
import { parseArgs } from 'node:util';

export const HELP = `usage: npm run bench -- [options]

Runs the benches and writes their figures into bench/README.md and bench/results.json.

  --only NAME,NAME  these benches only
  --smoke           everything tiny: whether all of it works and results are equal; writes no figures
  --rounds N        measured rounds (default 5)
  --impressions N   impressions of pipeline and api; scaling takes five times as many too (default 2000000)
  --most N          the most impressions of growth (default 20000000)
  --lines N         lines of logs (default 1000000)
  --log FILE        a log in the combined format, repeated, in place of generated lines; gzip too
  --days D,D        days of days and, the first, of late (default 365)
  --each N          lines of each of these days (default 1000)
  --cut N           impressions of the day that pieces cuts (default 1000000)
  --pieces P,P      numbers of pieces (default 24,144)
  --against FOLDER  a built clone of an earlier commit, a contestant in pipeline, logs, days and late
  --list            the benches and what each asks
  --clear           drop the inputs that are kept in the temporary folder
  --help            this text
`;

export class WrongUse extends Error {}

export interface Options {
  readonly only: readonly string[] | undefined;
  readonly smoke: boolean;
  readonly rounds: number;
  readonly impressions: number;
  readonly most: number;
  readonly lines: number;
  readonly log: string | undefined;
  readonly days: readonly number[];
  readonly each: number;
  readonly cut: number;
  readonly pieces: readonly number[];
  readonly against: string | undefined;
  /** What else is asked for. */
  readonly instead: 'list' | 'clear' | 'help' | undefined;
}

const FULL = { rounds: 5, impressions: 2_000_000, most: 20_000_000, lines: 1_000_000, each: 1000, cut: 1_000_000 };
const SMOKE = { rounds: 1, impressions: 4000, most: 4000, lines: 4000, each: 60, cut: 2000 };
const FULL_LISTS = { days: [365], pieces: [24, 144] };
const SMOKE_LISTS = { days: [3], pieces: [3] };

/** Read the command line. `names` are those of the benches; throws WrongUse. */
export function readOptions(args: readonly string[], names: readonly string[]): Options {
  let values;
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean', default: false } as const;
    const options = {
      only: text,
      smoke: flag,
      rounds: text,
      impressions: text,
      most: text,
      lines: text,
      log: text,
      days: text,
      each: text,
      cut: text,
      pieces: text,
      against: text,
      list: flag,
      clear: flag,
      help: flag,
    };
    ({ values } = parseArgs({ args: [...args], strict: true, options }));
  } catch (cause) {
    throw new WrongUse((cause as Error).message, { cause });
  }
  const { smoke, log, against, list, clear, help } = values;
  const only = values.only?.split(',').filter((name) => name !== '');
  const stranger = only?.find((name) => !names.includes(name));
  if (stranger !== undefined) throw new WrongUse(`--only: there is no bench '${stranger}'`);
  if (only?.length === 0) throw new WrongUse('--only: name a bench');
  const defaults = smoke ? SMOKE : FULL;
  const whole = (name: string, text: string): number => {
    if (!/^[1-9]\d{0,11}$/.test(text)) throw new WrongUse(`--${name}: '${text}' is not a whole number above 0`);
    return Number(text);
  };
  const number = (name: keyof typeof FULL): number => {
    const given = values[name];
    return given === undefined ? defaults[name] : whole(name, given);
  };
  const numbers = (name: keyof typeof FULL_LISTS): readonly number[] =>
    values[name]?.split(',').map((text) => whole(name, text)) ?? (smoke ? SMOKE_LISTS : FULL_LISTS)[name];
  // npm runs scripts in the folder of package.json; the user may have been in another.
  const from = process.env['npm_lifecycle_event'] === 'bench' ? (process.env['INIT_CWD'] ?? '.') : '.';
  const resolved = (file: string | undefined): string | undefined => (file === undefined ? undefined : path.resolve(from, file));
  return {
    only,
    smoke,
    rounds: number('rounds'),
    impressions: number('impressions'),
    most: number('most'),
    lines: number('lines'),
    log: resolved(log),
    days: numbers('days'),
    each: number('each'),
    cut: number('cut'),
    pieces: numbers('pieces'),
    against: resolved(against),
    instead: help ? 'help' : list ? 'list' : clear ? 'clear' : undefined,
  };
}
