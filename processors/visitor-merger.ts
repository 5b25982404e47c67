import { SessionBean, VisitorBean, VisitorLocationBean } from './beans.js';
import type { Batch, BeanType, Column, Processor } from '../engine/index.js';

/**
 * Take from each session what is of its visitor, one bean of each type a session, not aggregated: weeks and months count
 * their distinct visitors from these.
 * Input:   sesdata, SessionBean.
 * Output:  visdata, VisitorBean and VisitorLocationBean, each in the order of the sessions.
 * Source:  seed 004, §3.5.3.1.
 */
export const VisitorMerger: Processor = {
  name: 'VisitorMerger',
  kind: 'map',
  input: 'sesdata',
  output: 'visdata',
  covers: 'day',
  work: { map: (batch) => (batch.type === SessionBean.name ? [project(batch, VisitorBean), project(batch, VisitorLocationBean)] : []) },
};

/** The columns of another type that has some of the batch's fields. */
function project(batch: Batch, type: BeanType): Batch {
  const columns: Record<string, Column> = {};
  for (const field of Object.keys(type.fields)) columns[field] = batch.columns[field] as Column;
  return { type: type.name, rows: batch.rows, columns };
}
