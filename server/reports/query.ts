import { createHash } from 'node:crypto';
import { z } from 'zod';
import { nearestOf, queryError } from './query-error.js';

const MAX_CONDITIONS = 64;
const MAX_DEPTH = 8;
const text = z
  .string()
  .max(10_000)
  .refine((value) => !value.includes('\0'), 'no text holds NUL');

const OPERATORS = ['is', 'isNot', 'contains', 'starts'] as const;
export type Operator = (typeof OPERATORS)[number];

/** Of the values any may match; with `isNot` none may. Text compares byte by byte. */
export interface Condition {
  readonly dimension: string;
  readonly operator: Operator;
  readonly values: readonly (string | number)[];
}

export type Filter = Condition | { readonly and: readonly Filter[] } | { readonly or: readonly Filter[] } | { readonly not: Filter };

const condition = z.strictObject({
  dimension: text,
  operator: z.enum(OPERATORS),
  values: z
    .array(z.union([text, z.int()]))
    .min(1)
    .max(100),
});

const filter: z.ZodType<Filter> = z.lazy(() =>
  z.unknown().transform((value, context): Filter => {
    const kind = typeof value === 'object' && value !== null ? ['and', 'or', 'not'].find((key) => key in value) : undefined;
    const schema =
      kind === undefined ? condition : z.strictObject({ [kind]: kind === 'not' ? filter : z.array(filter).min(1).max(MAX_CONDITIONS) });
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data as Filter;
    for (const issue of parsed.error.issues) context.addIssue({ ...issue });
    return z.NEVER;
  }),
);

export const querySchema = z.strictObject({
  /** Default: all sites together. */
  sites: z.array(text).min(1).max(100).optional(),
  metrics: z.array(text).min(1).max(20),
  by: z.array(text).max(2).optional(),
  filter: filter.optional(),
  /** As `parsePeriod` reads it. Default: all days. */
  period: text.optional(),
  compare: z.enum(['previous', 'year']).optional(),
  /** A metric or dimension; `-` before it: greatest first. Default: periods as they come, else the first metric, greatest first. */
  order: text.optional(),
  limit: z.int().min(1).max(100_000).optional(),
});

/** A question to the sums: metrics, by up to two dimensions, of some rows, in a period. */
export type Query = z.infer<typeof querySchema>;

/** Errors: TM_ERR_QUERY with the JSON pointer. */
export function parseQuery(value: unknown): Query {
  checkSize((value as { filter?: unknown } | null | undefined)?.filter);
  const parsed = querySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const pointer = (issue?.path ?? []).map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const nearest = nearestOf(key, Object.keys(pointer.startsWith('/filter') ? condition.shape : querySchema.shape));
    throw queryError(`${pointer}/${key}`, `there is no such key.${nearest === undefined ? '' : ` Did you mean '${nearest}'?`}`);
  }
  throw queryError(pointer, issue?.message ?? 'it is no query');
}

/** Before the schema descends into it: a filter is at most so deep and so large. */
function checkSize(root: unknown): void {
  let level: unknown[] = [root];
  let conditions = 0;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw queryError('/filter', `it is more than ${MAX_DEPTH} deep`);
    level = level.flatMap((node) => {
      if (typeof node !== 'object' || node === null) return [];
      const { and, or, not } = node as { and?: unknown; or?: unknown; not?: unknown };
      const below = [and, or].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
      if (not !== undefined) below.push(not);
      if (below.length === 0) conditions++;
      return below;
    });
    if (conditions + level.length > MAX_CONDITIONS) throw queryError('/filter', `it has more than ${MAX_CONDITIONS} conditions`);
  }
}

/** The query as JSON with sorted keys: the same for the same question. */
export function canonicalJson(query: Query): string {
  return JSON.stringify(query, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** SHA-256 of the canonical JSON, in hexadecimal. */
export function digestOf(query: Query): string {
  return createHash('sha256').update(canonicalJson(query)).digest('hex');
}
