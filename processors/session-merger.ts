import {
  groupRows,
  Interner,
  keyPart,
  stringColumn,
  unsetUints,
  type Batch,
  type Context,
  type Processor,
  type StringColumn,
} from '../engine/index.js';
import { paramsOf } from './params.js';
import { fragments, SessionFragment, sessionKey } from './session/fragment.js';
import { mergeFragments } from './session/merge.js';
import { referrerName } from './session/referrer.js';

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
    map: (batch, context) => [fragments(batch, referrers(batch, context), paramsOf(context).sessionTimeoutMs)],
    partitionBy: { [SessionFragment.name]: sessionKey },
    recordsPerPartition: 500_000,
    reduce: (batches, context) => [...batches.values()].map((batch) => mergeFragments(batch, paramsOf(context).sessionTimeoutMs)),
  },
};

/** What reports show of each row's referrer; once a distinct pair of site and referrer. */
function referrers(batch: Batch, context: Context): StringColumn {
  const site = stringColumn(batch, 'site');
  const referrer = stringColumn(batch, 'referrer');
  const { count, firstRow, ofRow } = groupRows([keyPart(site), keyPart(referrer)], batch.rows);
  const { hosts } = paramsOf(context);
  const entry = ({ dictionary: { bytes, offsets }, codes }: StringColumn, row: number): string => {
    const code = codes[row] as number;
    return Buffer.from(
      bytes.buffer,
      bytes.byteOffset + (offsets[code] as number),
      (offsets[code + 1] as number) - (offsets[code] as number),
    ).toString('utf8');
  };
  const interner = new Interner();
  // A site may be called `constructor` or `__proto__`.
  const hostsOf = (name: string): readonly string[] => (Object.hasOwn(hosts, name) ? (hosts[name] as readonly string[]) : []);
  const names = unsetUints(count);
  for (let group = 0; group < count; group++) {
    const row = firstRow[group] as number;
    names[group] = interner.internString(referrerName(entry(referrer, row), hostsOf(entry(site, row))));
  }
  const codes = unsetUints(batch.rows);
  for (let row = 0; row < batch.rows; row++) codes[row] = names[ofRow[row] as number] as number;
  return { kind: 'string', dictionary: interner.dictionary(), codes };
}
