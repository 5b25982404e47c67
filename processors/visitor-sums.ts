import { L3City, L3Country, L3Recommendation, L3Region, L3Segment, L3Visitor, VisitorBean, VisitorLocationBean } from './beans.js';
import { eachOf, sumsByKey, type BeanType, type MapReduce, type Rows, type Sum } from '../engine/index.js';

const perVisitor = (type: Sum['type'], from: BeanType, rows?: Rows): Sum => ({
  type,
  from,
  columns: { sessions: 1, impressions: 'impressions' },
  distinct: { measure: 'visitors', of: 'visitor' },
  ...(rows === undefined ? {} : { rows }),
});

/**
 * Count visitors, their sessions and impressions, by place, segment and recommendation: the same for a day, a week and a
 * month, each from the raw visitor beans of all its days.
 */
export const visitorSums: MapReduce = sumsByKey(
  [
    perVisitor(L3Visitor, VisitorLocationBean),
    perVisitor(L3Country, VisitorLocationBean),
    perVisitor(L3Region, VisitorLocationBean),
    perVisitor(L3City, VisitorLocationBean),
    perVisitor(L3Segment, VisitorBean, eachOf('segments', 'segment')),
    perVisitor(L3Recommendation, VisitorBean, eachOf('recommendations', 'recommendation')),
  ],
  // A day with less is reduced as it lies, without a shuffle; with so many a task still fits its region.
  { partitionBy: 'visitor', recordsPerPartition: 600_000 },
);
