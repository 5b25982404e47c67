import { aggregate, bean } from '../bean.js';
import { beanMapper } from '../bean-batch.js';
import * as column from '../column.js';
import * as sources from '../sources.js';
import * as sums from '../sums.js';

/** What a module with processors of its own is given: all that a declaration needs. */
export const toolkit = { aggregate, bean, beanMapper, ...column, ...sources, ...sums };
export type Toolkit = typeof toolkit;
