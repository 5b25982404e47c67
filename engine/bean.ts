import { listOf, objectOf, oneOf, stringOf, wrong } from './declared.js';
import { didYouMean } from './nearest.js';

/**
 * The type of a bean's field.
 * string   well-formed text, at most 2^32 bytes a block; stored as UTF-8
 * bytes    like string, but any bytes
 * integer  a safe integer
 * number   any finite double
 * strings  a list of strings
 * integers a list of safe integers
 * json     any JSON value, kept as its text
 */
export type FieldType = (typeof FIELD_TYPES)[number];

const FIELD_TYPES = ['string', 'bytes', 'integer', 'number', 'strings', 'integers', 'json'] as const;
const KEY_TYPES = ['string', 'integer'] as const;
const MEASURES = ['sum', 'min', 'max'] as const;

/**
 * How two beans with the same key become one.
 * sum, min, max  of two numbers
 * latest         the value that goes with the greater `at`, then the greater value (bytewise)
 */
export type Measure = { readonly op: 'sum' | 'min' | 'max' } | { readonly op: 'latest'; readonly at: string };

/** One typed record's shape. Plain data: it crosses threads and processes as it is. */
export interface BeanType {
  readonly name: string;
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Aggregates only: the fields that name a sum, in the order of sorting. */
  readonly key?: readonly string[];
  /** Aggregates only: how each other field is merged. */
  readonly measures?: Readonly<Record<string, Measure>>;
  /** Aggregates only: the table that receives the sums. */
  readonly table?: string;
}

/** An aggregate: beans with the same key merge into one by their measures. */
export interface AggregateType extends BeanType {
  readonly key: readonly string[];
  readonly measures: Readonly<Record<string, Measure>>;
}

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** Declare a bean type with a fixed list of typed fields. Errors: TM_ERR_DECLARATION. */
export function bean<F extends Record<string, FieldType>>(name: string, fields: F): BeanType & { readonly fields: F } {
  objectOf(`the second argument of bean('${name}')`, fields, Object.keys(fields ?? {}));
  for (const n of [name, ...Object.keys(fields)]) {
    // What every object has already (`constructor`) would be found where nothing is.
    if (typeof n !== 'string' || !NAME.test(n) || n in Object.prototype)
      throw wrong(`'${n}' is not a name for a bean type or a field (letters, digits, '_', at most 64)`);
  }
  for (const [field, type] of Object.entries(fields)) oneOf(`${name}: the type of the field '${field}'`, type, FIELD_TYPES);
  return { name, fields };
}

/**
 * Whether it is what `bean` or `aggregate` returns, and with `isAggregate` the latter. Errors: TM_ERR_DECLARATION; `what` names it.
 */
export function checkBeanType(what: string, given: unknown, isAggregate = false): void {
  const type = objectOf(what, given, ['name', 'fields', 'key', 'measures', 'table']) as unknown as Partial<AggregateType>;
  bean(type.name as string, type.fields as Record<string, FieldType>);
  const { name, fields = {}, key, measures } = type;
  if (key === undefined && measures === undefined) {
    if (isAggregate) throw wrong(`${what} is ${name}, a bean type that is no aggregate`);
    return;
  }
  const own = [...listOf(`the key of ${name}`, key), ...Object.keys(objectOf(`measures of ${name}`, measures, Object.keys(fields)))];
  const other = Object.keys(fields).find((field, i) => own[i] !== field);
  if (other !== undefined || own.length > Object.keys(fields).length)
    throw wrong(`${what} is ${name}, whose fields are not its key and its measures: aggregate() makes it`);
}

/**
 * Declare an aggregate: `key` fields, then measures. A measure given as 'sum', 'min' or 'max' is an integer field;
 * `{ latest: 'name_seen' }` is a string field that keeps the value with the greatest `name_seen`, which is part of the key or
 * a maximum itself: else a second merge would compare what no longer belongs to the value.
 * Errors: TM_ERR_DECLARATION.
 */
export function aggregate(
  name: string,
  declaration: {
    readonly key: Readonly<Record<string, 'string' | 'integer'>>;
    readonly measures: Readonly<Record<string, 'sum' | 'min' | 'max' | { readonly latest: string }>>;
    readonly table?: string;
  },
): AggregateType {
  objectOf(`the second argument of aggregate('${name}')`, declaration, ['key', 'measures', 'table']);
  for (const part of ['key', 'measures'] as const) objectOf(`${name}: ${part}`, declaration[part], Object.keys(declaration[part] ?? {}));
  if (declaration.table !== undefined) stringOf(`${name}: table`, declaration.table);
  for (const [field, type] of Object.entries(declaration.key)) oneOf(`${name}: the type of '${field}' in the key`, type, KEY_TYPES);
  const fields: Record<string, FieldType> = { ...declaration.key };
  const measures: Record<string, Measure> = {};
  for (const [field, m] of Object.entries(declaration.measures)) {
    if (Object.hasOwn(fields, field)) throw wrong(`${name}: '${field}' is both a key and a measure`);
    if (typeof m === 'object') objectOf(`${name}: the measure '${field}'`, m, ['latest']);
    else oneOf(`${name}: the measure '${field}'`, m, MEASURES);
    fields[field] = typeof m === 'string' ? 'integer' : 'string';
    measures[field] = typeof m === 'string' ? { op: m } : { op: 'latest', at: m.latest };
  }
  for (const m of Object.values(measures)) {
    if (m.op !== 'latest') continue;
    const kept = Object.hasOwn(declaration.key, m.at) ? declaration.key[m.at] === 'integer' : measures[m.at]?.op === 'max';
    if (!kept)
      throw wrong(`${name}: latest needs '${m.at}' to be a max measure or an integer of the key${didYouMean(m.at, Object.keys(fields))}`);
  }
  const base = bean(name, fields);
  const type: AggregateType = { ...base, key: Object.keys(declaration.key), measures };
  return declaration.table === undefined ? type : { ...type, table: declaration.table };
}
