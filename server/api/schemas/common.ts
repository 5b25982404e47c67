import * as z from 'zod';

/** Schemas by the name that OpenAPI knows them under. */
export const named = z.registry<{ id: string }>();

/** Give a schema its name in OpenAPI. */
export function name<T extends z.ZodType>(id: string, schema: T): T {
  named.add(schema, { id });
  return schema;
}

export const time = z.number().describe('ms since the epoch');
export const count = z.int().min(0);
export const day = z.string().regex(/^\d{4}-\d\d-\d\d$/);

export const Period = name(
  'Period',
  z.object({
    granularity: z.enum(['day', 'week', 'month']),
    label: z.string().describe('2026-03-02, 2026-W10 or 2026-03'),
    first: day.describe('the first day of the period'),
  }),
);
export type Period = z.output<typeof Period>;

export const ErrorNote = name('ErrorNote', z.object({ code: z.string(), message: z.string() }));
export type ErrorNote = z.output<typeof ErrorNote>;

/** RFC 9457. */
export const Problem = name(
  'Problem',
  z.object({
    type: z.string().describe('a URI that stands for the code'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('one of ERRORS.md'),
    instance: z.string().describe('the path that was asked for'),
  }),
);
export type Problem = z.output<typeof Problem>;

/** What every list takes. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('at most so many items'),
  cursor: z.string().min(1).max(2048).optional().describe('`next` of the page before'),
};

/** What every list that has more than one page answers beside its items. */
export const next = z.string().optional().describe('the cursor of the next page; absent on the last');

/** A list that is cut into pages. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next });

/** A list that is whole. */
export const listOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string | undefined;
}
