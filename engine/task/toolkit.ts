import { aggregate, bean } from '../bean.js';
import { batchOf, beanMapper, beansOf } from '../bean-batch.js';
import { keyPart, mergeByKey, rankPart, sortBy } from '../aggregate.js';
import * as column from '../column.js';
import * as groups from '../groups.js';
import * as period from '../period.js';
import { concatBatches, selectColumn, selectRows } from '../rows.js';
import * as runs from '../runs.js';
import * as sources from '../sources.js';
import * as sums from '../sums.js';

/** What a module with processors of its own is given: all that a declaration needs. */
export const toolkit = {
  aggregate,
  batchOf,
  bean,
  beanMapper,
  beansOf,
  concatBatches,
  keyPart,
  mergeByKey,
  rankPart,
  selectColumn,
  selectRows,
  sortBy,
  ...column,
  ...groups,
  ...period,
  ...runs,
  ...sources,
  ...sums,
};
export type Toolkit = typeof toolkit;
