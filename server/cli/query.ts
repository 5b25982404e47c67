import { text } from 'node:stream/consumers';
import { zone } from '../../engine/period.js';
import { fail } from '../errors.js';
import { answer, type Answer } from '../reports/answer.js';
import { csvOf, tableOf } from '../reports/answer-text.js';
import { conditionOf } from '../reports/condition-text.js';
import { parseQuery, type Query } from '../reports/query.js';
import { queryError } from '../reports/query-error.js';
import { print, printJson, printTable } from './output.js';
import type { Invocation } from './program.js';
import { reading } from './reading.js';

export interface QueryCommandOptions {
  readonly metrics?: readonly string[];
  readonly by?: readonly string[];
  readonly filter?: readonly string[];
  readonly period?: string;
  readonly compare?: string;
  readonly site?: readonly string[];
  readonly order?: string;
  readonly limit?: number;
  readonly csv?: true;
}

const DEFAULT_LIMIT = 20;

export async function queryCommand({ options }: Invocation<QueryCommandOptions>, given: string | undefined): Promise<void> {
  if (options.csv === true && options.json === true) throw fail('TM_ERR_USAGE', '--csv and --json: one of them');
  const query = given === undefined ? queryOf(options) : parseQuery(parseJson(given === '-' ? await text(process.stdin) : given, options));
  const today = (timeZone: string): number => zone(timeZone).dayOf(Date.now());
  const found = await reading(options, (database, { settings }) => answer(database, query, today(settings.timeZone)));
  if (options.json === true) printJson(found);
  else if (options.csv === true) for (const line of csvOf(found)) print(line);
  else printAnswer(found);
}

/** Programs get all rows; who reads them gets as many as a screen has. */
function queryOf({
  metrics,
  by,
  filter,
  period,
  compare,
  site,
  order,
  limit,
  ...output
}: Invocation<QueryCommandOptions>['options']): Query {
  if (metrics === undefined) throw fail('TM_ERR_USAGE', 'give --metrics, such as --metrics views, or a query as JSON');
  const conditions = filter?.map(conditionOf);
  const isRead = output.json !== true && output.csv !== true;
  return parseQuery({
    metrics,
    by,
    filter: conditions === undefined || conditions.length === 1 ? conditions?.[0] : { and: conditions },
    period,
    compare,
    sites: site,
    order,
    limit: limit ?? (isRead ? DEFAULT_LIMIT : undefined),
  });
}

function parseJson(json: string, options: QueryCommandOptions): unknown {
  const { metrics, by, filter, period, compare, site, order, limit } = options;
  if ([metrics, by, filter, period, compare, site, order, limit].some((option) => option !== undefined))
    throw fail('TM_ERR_USAGE', 'the query is given as JSON: put the options into it');
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw queryError('', `it is not JSON: ${(cause as Error).message}`);
  }
}

function printAnswer(found: Answer): void {
  const { columns, rows } = tableOf(found);
  if (rows.length === 0) return print('no rows in this period');
  printTable(columns, rows);
  if (found.total > rows.length) print(`\n${rows.length} of ${found.total} rows; --limit gives more`);
}
