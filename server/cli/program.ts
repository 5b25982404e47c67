import { createRequire } from 'node:module';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { fail } from '../errors.js';
import { LEAST_MEMORY, parseSize } from '../memory.js';
import { reportError, withoutPassword } from './output.js';
import { keepPrivate } from './umask.js';
import type { DatasetOptions } from '../dataset-folder.js';
import type { PoolExecutor } from '../../engine/executor/pool-executor.js';
import type { ServeOptions } from './serve.js';

/** Options that every command has. */
export interface Common {
  readonly data: string;
  readonly dataset: string;
  readonly db?: string;
  readonly workers?: number;
  readonly memory?: string;
  readonly json?: true;
}

/** What a command is given: its options with the common ones. */
export interface Invocation<O> {
  readonly options: O & Common;
}

/** What a command is given that works until it is interrupted. */
export interface InterruptibleInvocation<O> extends Invocation<O> {
  /**
   * From its call on SIGINT aborts a signal, for the command to come to an end itself; before, it ends the process. So does SIGTERM
   * at any time, which needs no event loop that turns; only `serve`, which does no work itself, listens to it as well.
   */
  interruptible(): AbortSignal;
}

/** What a command is given that works on packages. */
export interface WorkInvocation<O> extends InterruptibleInvocation<O> {
  readonly threads: PoolExecutor;
}

export function datasetOptions({ data, dataset, db, memory }: Common): DatasetOptions {
  const environment = memory === undefined ? process.env : { ...process.env, TIDEMILL_MEMORY: memory };
  return { data, name: dataset, database: db, environment };
}

/** The options that lead another command to the same dataset, as they are typed; a password is not told. */
export function sameDataset({ data, dataset, db }: Common): string {
  const quoted = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const isTyped = db !== undefined && db !== process.env['TIDEMILL_DATABASE'];
  return [
    data === DEFAULT_DATA ? '' : ` --data ${quoted(data)}`,
    dataset === DEFAULT_DATASET ? '' : ` --dataset ${dataset}`,
    isTyped ? ` --db ${quoted(withoutPassword(db))}` : '',
  ].join('');
}

const DEFAULT_DATA = './tidemill-data';
const DEFAULT_DATASET = 'analytics';
const { version: VERSION } = createRequire(import.meta.url)('../../../package.json') as { version: string };
const FORMATS = ['auto', 'impressions', 'common', 'combined', 'vhost_combined'] as const;
const PROFILE = ['--profile <file>', 'write a page with a timeline of the threads: what each did and where it waited'] as const;
const FILTERS = ['method', 'status', 'static', 'bot'];

function positive(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return n;
}

/** More threads than any machine of today has cores would only take its memory. */
const MOST_WORKERS = 256;

interface RepairOptions {
  readonly database?: true;
}

function workers(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1 || n > MOST_WORKERS)
    throw new InvalidArgumentError(`It must be a whole number above 0, at most ${MOST_WORKERS}.`);
  return n;
}

function memorySize(text: string): string {
  if (!(parseSize(text) >= LEAST_MEMORY)) throw new InvalidArgumentError('It must be a size such as 512MiB or 2GiB, at least 256MiB.');
  return text;
}

/** A name of a folder. What comes from a variable that is not set would be the folder that one is in. */
function folder(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must name a folder.');
  return text;
}

function port(text: string): number {
  const n = Number(text);
  if (!/^\d+$/.test(text) || n > 65_535) throw new InvalidArgumentError('It must be a port: 0 to 65535; 0 takes any that is free.');
  return n;
}

function keepList(text: string): string[] {
  const list = text === 'all' ? FILTERS : text.split(',').filter((s) => s !== '');
  for (const item of list)
    if (!FILTERS.includes(item)) throw new InvalidArgumentError(`'${item}' is not one of ${FILTERS.join(', ')}, all.`);
  return list;
}

function names(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function siteName(text: string): string {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(text))
    throw new InvalidArgumentError('A site is 1 to 64 letters, digits, dots, hyphens or underscores.');
  return text;
}

/** Run the command line. Resolves with the exit code: 0 done, 1 the work failed, 2 wrong use. */
export async function main(args: readonly string[]): Promise<number> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort(new Error('interrupted'));
  const json = args.includes('--json');
  const program = buildProgram(json, (signals) => {
    for (const signal of signals) process.once(signal, interrupt);
    return controller.signal;
  });
  // A write that fails throws in `print`; the event comes after that.
  process.stdout.on('error', () => undefined);
  keepPrivate();
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      // Commander has told people what is wrong, but where it printed the help in place of that.
      const isHelp = error.message === '(outputHelp)';
      const [, asked] = program.args;
      const missing = asked === undefined ? 'a command is missing' : `there is no command '${asked}'`;
      if (json || isHelp) reportError(fail('TM_ERR_USAGE', isHelp ? missing : error.message.replace(/^error: /, '')), json);
      return 2;
    }
    if (controller.signal.aborted) {
      process.stderr.write('tidemill: interrupted; nothing was half done, the same command goes on\n');
      return 130;
    }
    return reportError(error, json);
  } finally {
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
  }
}

function buildProgram(json: boolean, abortOn: (signals: readonly NodeJS.Signals[]) => AbortSignal): Command {
  const program = new Command('tidemill');
  program
    .version(VERSION)
    .configureOutput({
      writeErr: (text) => void (json || process.stderr.write(text)),
      outputError: (text, write) => write(`tidemill: ${text.replace(/^error: /, '').trimEnd()} (TM_ERR_USAGE)\n`),
    })
    .description('Turn raw web traffic into daily, weekly and monthly sums in an analytics database.')
    .addOption(new Option('--data <dir>', 'folder of all datasets').env('TIDEMILL_DATA').default(DEFAULT_DATA).argParser(folder))
    .option('--dataset <name>', 'dataset to work on', DEFAULT_DATASET)
    .addOption(
      new Option('--db <url>', "analytics database: a DuckDB file or a postgres:// URL (default: the dataset's analytics.duckdb)").env(
        'TIDEMILL_DATABASE',
      ),
    )
    .addOption(
      new Option('--workers <n>', `worker threads, at most ${MOST_WORKERS} (default: the cores)`)
        .env('TIDEMILL_WORKERS')
        .argParser(workers),
    )
    .addOption(
      new Option('--memory <size>', "what work may hold in memory, such as 512MiB or 2GiB (default: the dataset's setting)").argParser(
        memorySize,
      ),
    )
    .option('--json', 'print JSON for programs')
    .exitOverride()
    .showHelpAfterError('(tidemill <command> --help tells more)')
    .configureHelp({ showGlobalOptions: true });

  const action =
    <O>(load: () => Promise<(invocation: Invocation<O>, ...args: never[]) => Promise<void>>) =>
    async (...given: unknown[]): Promise<void> => {
      const command = given.pop() as Command;
      given.pop();
      const run = await load();
      await run({ options: command.optsWithGlobals() }, ...(given as never[]));
    };
  /** Its threads start before the command is loaded: both take about as long. */
  const work = <O>(load: () => Promise<(invocation: WorkInvocation<O>, ...args: never[]) => Promise<void>>): ReturnType<typeof action> =>
    action<O>(async () => {
      const { startThreads } = await import('../threads.js');
      return async (invocation, ...args) => {
        const threads = startThreads(invocation.options.workers);
        try {
          await (
            await load()
          )({ ...invocation, interruptible: () => abortOn(['SIGINT']), threads }, ...args);
        } finally {
          await threads.close();
        }
      };
    });
  const withImportOptions = (command: Command): Command =>
    command
      .argument('<file...>', 'logs or raw lines, gzip too; - is standard input')
      .option('--site <name>', "site of a log's lines", siteName, 'default')
      .addOption(new Option('--format <format>', 'format of the files').choices(FORMATS).default('auto'))
      .option('--tz <zone>', 'time zone of a dataset that this call makes')
      .addOption(
        new Option('--keep <list>', `lines of a log that are not filtered: ${FILTERS.join(',')} or all`)
          .argParser(keepList)
          .default([], 'none'),
      );

  withImportOptions(program.command('run'))
    .description('import files, run every processor with every period closed, and print a summary')
    .option(...PROFILE)
    .action(work(async () => (await import('./run.js')).run));
  withImportOptions(program.command('import'))
    .description('read files into oirawdata and sesrawdata; what was imported before changes nothing')
    .action(work(async () => (await import('./import.js')).importCommand));
  program
    .command('process')
    .description('run every ready job until none is')
    .option('--close', 'treat every period that has data as closed')
    .option(...PROFILE)
    .action(work(async () => (await import('./process.js')).processCommand));
  program
    .command('serve')
    .description('run as a service: sensor, agent, scheduler, engine, API and status panel')
    .option('--api-port <port>', 'port of API and panel; 0 takes any that is free', port, 7400)
    .option('--api-host <address>', 'address that API and panel listen on; any but loopback needs the setting api.adminToken', '127.0.0.1')
    .option('--sensor-port <port>', 'port of the sensor; 0 takes any that is free', port, 7401)
    .option('--sensor-host <address>', 'address that the sensor listens on', '127.0.0.1')
    .action(
      action<ServeOptions>(async () => {
        const { serve } = await import('./serve.js');
        return (invocation) => serve({ ...invocation, interruptible: () => abortOn(['SIGINT', 'SIGTERM']) });
      }),
    );
  program
    .command('jobs')
    .description('list jobs, newest first, or show one')
    .argument('[id]', 'id of a job')
    .option('--processor <name>', 'only jobs of this processor')
    .addOption(
      new Option('--state <state>', 'only jobs in this state').choices(['scheduled', 'running', 'succeeded', 'failed', 'cancelled']),
    )
    .option('--limit <n>', 'at most so many', positive, 50)
    .action(action(async () => (await import('./jobs.js')).jobs));
  program
    .command('locations')
    .description('list locations, or the packages of one')
    .argument('[name]', 'name of a location')
    .option('--limit <n>', 'at most so many packages, the newest', positive, 50)
    .action(action(async () => (await import('./locations.js')).locations));
  program
    .command('inspect')
    .description("print a package's metadata, or its beans or rejected lines as JSON lines")
    .argument('<path>', 'path of a package, such as /analytics/sesdata/2016/02/29/…')
    .option('--beans', 'print the beans')
    .option('--type <name>', 'only beans of this type (implies --beans)')
    .option('--rejects', 'print the rejected lines, with line number and reason')
    .option('--limit <n>', 'at most so many', positive)
    .action(action(async () => (await import('./inspect.js')).inspect));
  program
    .command('query')
    .description('answer a question from the sums: metrics, by dimensions, in a period')
    .argument('[query]', 'the query as JSON, - for standard input; docs/reports.md has its form')
    .option('--metrics <list>', 'such as visitors,sessions,bounceRate', names)
    .option('--by <list>', 'at most two dimensions, such as object or day,site', names)
    .option('--filter <condition...>', "all must hold: 'country=DE', 'object^=/blog/', 'referrer*=google', 'os!=Linux'")
    .option('--period <period>', 'such as 2026-03, 2026-W10, 2026-03-02..2026-03-08, last7days, lastmonth (default: all)')
    .addOption(new Option('--compare <with>', 'with the period before, or the same a year before').choices(['previous', 'year']))
    .option('--site <list>', 'only these sites', names)
    .option('--order <name>', 'metric or dimension to sort by; --order=-name: greatest first')
    .option('--limit <n>', 'at most so many rows (default: 20, of --json and --csv all)', positive)
    .option('--csv', 'print CSV')
    .action(action(async () => (await import('./query.js')).queryCommand));
  program
    .command('tables')
    .description('list the tables of the analytics database, with columns and rows')
    .action(action(async () => (await import('./tables.js')).tables));
  program
    .command('export')
    .description('write a table of the analytics database')
    .argument('<table>', 'name of a table, such as l3_object')
    .addOption(new Option('--format <format>', 'what to write').choices(['csv', 'json', 'parquet']).makeOptionMandatory())
    .option('--out <file>', 'file to write (default: standard output)')
    .option('--spreadsheet', "in CSV, keep a spreadsheet from taking text for formulas (a ' before them)")
    .action(action(async () => (await import('./export.js')).exportCommand));
  program
    .command('verify')
    .description('check every checksum, and the counts from raw lines to the database')
    .action(action(async () => (await import('./verify.js')).verify));
  program
    .command('accept-key')
    .description('go on with the visitor.key that is there, or a new one: visitors without an id are counted anew')
    .action(action(async () => (await import('./accept-key.js')).acceptKey));
  program
    .command('repair')
    .description('make the records of a store that has lost some again, from its parts; nothing is removed')
    .option('--database', 'the analytics database in place of the store: move its file aside, and inject its sums again')
    .action(
      work<RepairOptions>(async () => async (invocation) => {
        if (invocation.options.database === true) await (await import('./repair-database.js')).repairDatabase(invocation);
        else await (await import('./repair.js')).repair(invocation);
      }),
    );
  return program;
}
