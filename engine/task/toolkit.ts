import { aggregate, bean } from '../bean.js';
import { beanMapper } from '../bean-batch.js';
import { keyPart, rankPart } from '../aggregate.js';
import * as column from '../column.js';
import * as groups from '../groups.js';
import { selectColumn } from '../rows.js';
import * as runs from '../runs.js';
import * as sources from '../sources.js';
import * as sums from '../sums.js';

/** What a module with processors of its own is given: all that a declaration needs. */
export const toolkit = { aggregate, bean, beanMapper, keyPart, rankPart, selectColumn, ...column, ...groups, ...runs, ...sources, ...sums };
export type Toolkit = typeof toolkit;
