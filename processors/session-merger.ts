import type { Processor } from '../engine/index.js';
import { paramsOf } from './params.js';
import { fragments, SessionFragment, sessionKey } from './session/fragment.js';
import { mergeFragments } from './session/merge.js';
import { referrerNames } from './session/referrer.js';

/**
 * Merge one day's impressions into sessions.
 * Input:   sesrawdata, RawSensorCallBean, in package and line order; times in ms since the epoch, UTC.
 * Output:  sesdata, SessionBean, one a session, ordered by site, session id, visitor key and start in each partition.
 * Source:  seed 004, §3.5.2.1; spec §5 Sessions.
 */
export const SessionMerger: Processor = {
  name: 'SessionMerger',
  kind: 'mapreduce',
  input: 'sesrawdata',
  output: 'sesdata',
  covers: 'day',
  work: {
    map: (batch, context) => [fragments(batch, referrerNames(batch, paramsOf(context).hosts), paramsOf(context).sessionTimeoutMs)],
    // The more impressions a day has, the fewer of a session are in one block.
    shardsPerMap: 2,
    partitionBy: { [SessionFragment.name]: sessionKey },
    recordsPerPartition: 250_000,
    reduce: (batches, context) => {
      const batch = batches.get(SessionFragment.name);
      return batch === undefined ? [] : [mergeFragments(batch, paramsOf(context).sessionTimeoutMs)];
    },
  },
};
