#!/usr/bin/env node
/** Writes seeded traffic: `node dist/bench/generate/cli.js --help`. Exit code 0 done, 1 the work failed, 2 wrong use. */
import { parseArgs } from 'node:util';
import { awkwardLines } from './awkward.js';
import { traffic } from './traffic.js';
import type { Piece } from './write.js';
import { joined, writeFiles, writeStream } from './write.js';

const HELP = `usage: node dist/bench/generate/cli.js [options]

Writes seeded traffic: the same options give the same bytes.

  --impressions N  lines (default 200000)
  --days D         days that they are spread over (default 10); traffic only
  --start DATE     the first day, in UTC, yyyy-mm-dd (default 2016-02-24); traffic only
  --seed S         an integer (default 1)
  --shape SHAPE    traffic: realistic visits, in order of time (default)
                   awkward: every rule of a raw line kept and broken at its edge
  --format FORMAT  impressions: JSON lines (default)
                   combined: lines of a web server's log; traffic only
  --lenient        awkward only: without lines that only a strict reader rejects (bytes that are not
                   UTF-8, '__proto__' keys, params, unknown fields)
  --out FILE       where to (default -, standard output); {day} in it makes a file a day; traffic only
  --help           this text
`;

class WrongUse extends Error {}

function integer(name: string, text: string, least: number): number {
  const n = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(n) || n < least)
    throw new WrongUse(`--${name}: '${text}' is not an integer from ${least}`);
  return n;
}

function oneOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((c) => c === text);
  if (choice === undefined) throw new WrongUse(`--${name}: '${text}' is not one of ${choices.join(', ')}`);
  return choice;
}

function day(name: string, text: string): string {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : NaN;
  if (!(ms >= Date.UTC(1990, 0, 1)) || new Date(ms).toISOString().slice(0, 10) !== text)
    throw new WrongUse(`--${name}: '${text}' is not a date from 1990-01-01`);
  return text;
}

function pieces(args: readonly string[]): { out: string; pieces: Iterable<Piece> } | undefined {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      strict: true,
      options: {
        impressions: { type: 'string', default: '200000' },
        days: { type: 'string' },
        start: { type: 'string' },
        seed: { type: 'string', default: '1' },
        shape: { type: 'string', default: 'traffic' },
        format: { type: 'string' },
        lenient: { type: 'boolean' },
        out: { type: 'string', default: '-' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (cause) {
    throw new WrongUse((cause as Error).message, { cause });
  }
  if (values.help === true) return undefined;
  const { out } = values;
  const lines = integer('impressions', values.impressions, 1);
  const seed = integer('seed', values.seed, Number.MIN_SAFE_INTEGER);
  if (oneOf('shape', values.shape, ['traffic', 'awkward']) === 'awkward') {
    for (const name of ['days', 'start', 'format'] as const)
      if (values[name] !== undefined) throw new WrongUse(`--${name} is for the shape 'traffic' only`);
    if (out.includes('{day}')) throw new WrongUse("{day} in --out is for the shape 'traffic' only");
    return { out, pieces: joined(awkwardLines({ lines, seed, lenient: values.lenient ?? false })) };
  }
  if (values.lenient === true) throw new WrongUse("--lenient is for the shape 'awkward' only");
  const options = {
    impressions: lines,
    days: integer('days', values.days ?? '10', 1),
    start: day('start', values.start ?? '2016-02-24'),
    seed,
    format: oneOf('format', values.format ?? 'impressions', ['impressions', 'combined']),
  };
  return { out, pieces: traffic(options) };
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const task = pieces(args);
    if (task === undefined) process.stdout.write(HELP);
    else if (task.out === '-') await writeStream(task.pieces, process.stdout);
    else writeFiles(task.pieces, task.out);
    return 0;
  } catch (e) {
    // Whoever reads our output has enough.
    if ((e as NodeJS.ErrnoException).code === 'EPIPE') return 0;
    process.stderr.write(`${(e as Error).message}\n`);
    if (!(e instanceof WrongUse)) return 1;
    process.stderr.write("'--help' tells the options.\n");
    return 2;
  }
}

process.stdout.on('error', () => {});
process.exitCode = await main(process.argv.slice(2));
