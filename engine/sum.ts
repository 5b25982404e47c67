import type { AggregateType, BeanType } from './bean.js';
import type { Rows, Source } from './sources.js';

/** A sum by key: one aggregate bean for each distinct key among some rows of `from`. */
export interface Sum {
  readonly type: AggregateType;
  readonly from: BeanType;
  /** Sources of key fields and measures; a key field not named here comes from the field of its name. */
  readonly columns: Readonly<Record<string, Source>>;
  readonly rows?: Rows;
  /** A measure that counts the distinct values of a field of `from`. */
  readonly distinct?: { readonly measure: string; readonly of: string };
}
