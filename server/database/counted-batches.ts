import type { AggregateType } from '../../engine/bean.js';
import { isOfType, numberColumn, type Batch } from '../../engine/column.js';
import { fail } from '../errors.js';
import type { InjectedTable } from './database.js';
import { sumColumns, type TableShape } from './table-shape.js';

/** The batches of a table, counted and added up while they are read. To be read once; complete when all were. */
export class CountedBatches implements Iterable<Batch> {
  readonly sums: Record<string, number>;
  beans = 0;
  readonly type: AggregateType;
  readonly #batches: Iterable<Batch>;

  constructor({ type, batches }: InjectedTable, shape: TableShape) {
    this.type = type;
    this.#batches = batches;
    this.sums = Object.fromEntries(sumColumns(shape).map((name) => [name, 0]));
  }

  /** Errors: TM_ERR_BEAN_INVALID. */
  *[Symbol.iterator](): Generator<Batch> {
    for (const batch of this.#batches) {
      if (!isOfType(batch, this.type))
        throw fail('TM_ERR_BEAN_INVALID', `A batch of '${batch.type}' has not the fields of ${this.type.name}`);
      this.beans += batch.rows;
      for (const name of Object.keys(this.sums)) {
        const { values } = numberColumn(batch, name);
        let sum = 0;
        for (let i = 0; i < batch.rows; i++) sum += values[i] as number;
        this.sums[name] = (this.sums[name] as number) + sum;
      }
      if (batch.rows > 0) yield batch;
    }
  }
}
