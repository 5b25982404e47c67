import { checkBeanType, type AggregateType, type BeanType } from './bean.js';
import { columnKind, type Column } from './column.js';
import { functionOf, listOf, named, objectOf, positive, shown, stringOf, wrong } from './declared.js';
import { didYouMean } from './nearest.js';
import { knownOf } from './known-sources.js';
import type { Sum } from './sum.js';

type Kind = Column['kind'];

/** Whether sums can be made: every field has a source, which is there and of its kind. Errors: TM_ERR_DECLARATION. */
export function checkSums(sums: unknown, options: unknown): void {
  const { partitionBy, recordsPerPartition } = objectOf('the second argument of sumsByKey', options, [
    'partitionBy',
    'recordsPerPartition',
  ]);
  if (recordsPerPartition !== undefined) positive('recordsPerPartition', recordsPerPartition);
  const types = new Map<string, BeanType>();
  for (const [i, given] of listOf('the first argument of sumsByKey', sums).entries()) {
    const { type, from } = objectOf(`sum ${i} of sumsByKey`, given, ['type', 'from', 'columns', 'rows', 'distinct']);
    checkBeanType(`the type of sum ${i} of sumsByKey`, type, true);
    const { name } = type as BeanType;
    checkBeanType(`${name}: from`, from);
    if ((types.get(name) ?? type) !== type) throw wrong(`two types of sumsByKey are called ${name}`);
    types.set(name, type as BeanType);
    checkSum(given as Sum);
    if (partitionBy !== undefined) single(from as BeanType, stringOf('partitionBy', partitionBy), `${name}: partitionBy`);
  }
}

function checkSum({ type, from, columns, rows, distinct }: Sum): void {
  const { name, fields } = type;
  const known = Object.keys(fields);
  for (const field of Object.keys(objectOf(`columns of ${name}`, columns, Object.keys(columns ?? {})))) {
    if (!known.includes(field))
      throw wrong(`'${field}' is no key and no measure of ${name}, but ${known.join(', ')} are${didYouMean(field, known)}`);
  }
  if (rows !== undefined) functionOf(`rows of ${name}`, rows);
  checkReads(from, rows, `rows of ${name}`);
  if (distinct !== undefined) checkDistinct(type, from, distinct);
  if (distinct !== undefined && Object.hasOwn(columns, distinct.measure))
    throw wrong(`${name}: '${distinct.measure}' counts distinct values, so that it has no source in columns`);
  for (const field of known) if (field !== distinct?.measure) checkSource({ type, from, columns, ...(rows && { rows }) }, field);
}

function checkDistinct({ name, measures }: AggregateType, from: BeanType, given: unknown): void {
  const { measure, of } = objectOf(`distinct of ${name}`, given, ['measure', 'of']);
  const counting = stringOf(`the measure of distinct of ${name}`, measure);
  const { op } = named(measures, counting, `distinct: '${counting}' is no measure of ${name}`);
  if (op !== 'sum') throw wrong(`${name}: '${counting}' counts distinct values, so that its measure is sum, not ${op}`);
  single(from, stringOf(`of in distinct of ${name}`, of), `distinct of ${name}`);
}

/** A field, which stands beside the rows, has a source that is named, or comes from the field of its name. */
function checkSource({ type, from, columns, rows }: Sum, field: string): void {
  const { name, fields, key, measures } = type;
  const wanted = columnKind[fields[field] as keyof typeof columnKind];
  const what = `${name}: '${field}'`;
  const be = (kind: Kind, source: string): void => {
    if (kind !== wanted) throw wrong(`${what} is a ${wanted}, which cannot come of ${source}, a column of kind ${kind}`);
  };
  const source: unknown = Object.hasOwn(columns, field) ? columns[field] : undefined;
  const beside = knownOf(rows)?.beside;
  if (beside !== undefined && Object.hasOwn(beside, field)) {
    if (source !== undefined) throw wrong(`${what} stands beside the rows that are chosen, so that it has no source in columns`);
    be(beside[field] as Kind, 'rows');
  } else if (source === 1) {
    if (key.includes(field) || measures[field]?.op === 'latest')
      throw wrong(`${what} cannot come of 1, which counts rows: it is no number to sum`);
  } else if (typeof source === 'function') {
    checkReads(from, source, what);
    be(knownOf(source)?.kind ?? wanted, 'its source');
  } else if (typeof source === 'string') be(kindOf(from, source, what), `'${source}'`);
  else if (source !== undefined) throw wrong(`${what} comes of ${shown(source)}, which is no field, not 1, and no function`);
  else if (Object.hasOwn(from.fields, field)) be(kindOf(from, field, what), `'${field}' of ${from.name}`);
  // What stands beside the rows that a function of the user's chooses is seen when it is called.
  else if (rows === undefined || beside !== undefined)
    throw wrong(`${what} has no source: ${from.name} has no such field, and columns do not say where it comes from`);
}

/** The fields that a source or a choice of the toolkit's reads are there. */
function checkReads(from: BeanType, made: unknown, what: string): void {
  for (const [field, kind] of Object.entries(knownOf(made)?.reads ?? {})) {
    const own = kindOf(from, field, what);
    if (own !== kind) throw wrong(`${what}: the field '${field}' of ${from.name} is a column of kind ${own}, not ${kind}`);
  }
}

function kindOf({ name, fields }: BeanType, field: string, what: string): Kind {
  return columnKind[named(fields, field, `${what}: ${name} has no field '${field}'`)];
}

/** A field with one value a row. */
function single(from: BeanType, field: string, what: string): void {
  const kind = kindOf(from, field, what);
  if (kind === 'strings' || kind === 'numbers') throw wrong(`${what}: the values of '${field}' are lists`);
}
