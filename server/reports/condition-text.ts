import { queryError } from './query-error.js';
import type { Condition, Operator } from './query.js';

const OPERATORS: Readonly<Record<string, Operator>> = { '=': 'is', '!=': 'isNot', '*=': 'contains', '^=': 'starts' };

/** A condition as it is typed, such as `object^=/blog/`. Errors: TM_ERR_QUERY. */
export function conditionOf(text: string): Condition {
  const [, dimension, sign, value] = /^(\w+)(=|!=|\*=|\^=)([^]*)$/.exec(text) ?? [];
  if (dimension === undefined || sign === undefined || value === undefined)
    throw queryError(
      '/filter',
      `'${text.slice(0, 80)}' is not a condition: write dimension=value, or != (is not), *= (contains), ^= (starts with)`,
    );
  return { dimension, operator: OPERATORS[sign] as Operator, values: [value] };
}
