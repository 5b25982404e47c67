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
  /** What else is asked for. */
  readonly instead: 'list' | 'clear' | 'help' | undefined;
}

const FULL = { rounds: 5, impressions: 2_000_000, most: 20_000_000, lines: 1_000_000 };
const SMOKE = { rounds: 1, impressions: 4000, most: 4000, lines: 4000 };

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
      list: flag,
      clear: flag,
      help: flag,
    };
    ({ values } = parseArgs({ args: [...args], strict: true, options }));
  } catch (cause) {
    throw new WrongUse((cause as Error).message, { cause });
  }
  const { smoke, log, list, clear, help } = values;
  const only = values.only?.split(',').filter((name) => name !== '');
  const stranger = only?.find((name) => !names.includes(name));
  if (stranger !== undefined) throw new WrongUse(`--only: there is no bench '${stranger}'`);
  if (only?.length === 0) throw new WrongUse('--only: name a bench');
  const defaults = smoke ? SMOKE : FULL;
  const number = (name: keyof typeof FULL): number => {
    const given = values[name];
    if (given === undefined) return defaults[name];
    if (!/^[1-9]\d{0,11}$/.test(given)) throw new WrongUse(`--${name}: '${given}' is not a whole number above 0`);
    return Number(given);
  };
  return {
    only,
    smoke,
    rounds: number('rounds'),
    impressions: number('impressions'),
    most: number('most'),
    lines: number('lines'),
    // npm runs scripts in the folder of package.json; the user may have been in another.
    log:
      log === undefined
        ? undefined
        : path.resolve(process.env['npm_lifecycle_event'] === 'bench' ? (process.env['INIT_CWD'] ?? '.') : '.', log),
    instead: help ? 'help' : list ? 'list' : clear ? 'clear' : undefined,
  };
}
