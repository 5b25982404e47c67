import { L2Object, L3Download, L3InternalSearch, L3Object, L3Objecttype, TransferObject } from './beans.js';
import { number, numberColumn, stringColumn, sumsByKey, text, where, whereNotEmpty, type Batch, type Processor } from '../engine/index.js';

const views = where('action', 'view');

/**
 * Count what the impressions of one package are of: intermediate daily sums.
 * Input:   oirawdata, TransferObject, in line order.
 * Output:  oiprocessed, the sums by key, and L2Object: what was last said of each object; each ordered by its key.
 * Source:  seed 004, §3.5.1.1; spec §5, §6.
 */
export const OIProcessor: Processor = {
  name: 'OIProcessor',
  kind: 'mapreduce',
  input: 'oirawdata',
  output: 'oiprocessed',
  covers: 'package',
  work: sumsByKey(
    [
      { type: L3Objecttype, from: TransferObject, rows: views, columns: { views: 1 } },
      { type: L3Object, from: TransferObject, rows: views, columns: { views: 1 } },
      { type: L3Download, from: TransferObject, rows: where('action', 'download'), columns: { downloads: 1 } },
      {
        type: L3InternalSearch,
        from: TransferObject,
        rows: where('action', 'search'),
        columns: { term: text('term', searchTerm), searches: 1 },
      },
      {
        type: L2Object,
        from: TransferObject,
        rows: whereNotEmpty('object'),
        columns: { first_seen: 'time', last_seen: 'time', name_seen: number(nameSeen) },
      },
    ],
    // Objects are few: a partition of so many impressions has some ten thousand.
    { recordsPerPartition: 1_000_000 },
  ),
};

/** Trimmed, runs of white space made one space, lower case; `(empty)` if nothing is left. */
export function searchTerm(term: string): string {
  return term.trim().replace(/\s+/g, ' ').toLowerCase() || '(empty)';
}

/** The time of an impression that names its object, 0 for one that does not: any name is later than none. */
function nameSeen(batch: Batch): (row: number) => number {
  const { codes, dictionary } = stringColumn(batch, 'name');
  const { offsets } = dictionary;
  const times = numberColumn(batch, 'time').values;
  return (row) => {
    const code = codes[row] as number;
    return offsets[code + 1] === offsets[code] ? 0 : (times[row] as number);
  };
}
