/* What functions of a user's own in sums return is checked where it comes in: the kernel would take it as it is. */
import { expect, test } from 'vitest';
import { aggregate, bean } from '#engine/bean.js';
import { batchOf } from '#engine/bean-batch.js';
import { sumsByKey } from '#engine/sums.js';
import { beansIn } from '../support/map-reduce.js';
import type { Batch } from '#engine/column.js';

const Visit = bean('Visit', { site: 'string', n: 'integer' });
const Sites = aggregate('Sites', { key: { site: 'string' }, measures: { n: 'sum' } });
const Marks = aggregate('Marks', { key: { mark: 'string' }, measures: { n: 'sum' } });
const batch = batchOf(Visit, [
  { site: 'a', n: 1 },
  { site: 'b', n: 2 },
  { site: 'a', n: 4 },
]);
const made = (sum: object): readonly Batch[] =>
  sumsByKey([{ type: Sites, from: Visit, columns: { n: 'n' }, ...sum }]).map!(batch, { params: {} });

test('what is well-formed is summed', () => {
  const site = (): unknown => batch.columns['site'];
  expect(beansIn(Sites, made({ columns: { n: 'n', site }, rows: () => ({ mask: Uint8Array.of(1, 1, 0) }) }))).toEqual([
    { site: 'a', n: 1 },
    { site: 'b', n: 2 },
  ]);
  const rows = () => ({ rows: Uint32Array.of(2, 2), columns: { mark: { ...batch.columns['site'], codes: Uint32Array.of(1, 1) } } });
  expect(beansIn(Marks, made({ type: Marks, rows }))).toEqual([{ mark: 'b', n: 8 }]);
});

test.for<[what: string, code: string, says: RegExp, sum: object]>([
  [
    'codes outside',
    'TM_ERR_TASK_BAD_BATCH',
    /a source returned a column for Visit, .*'site' has the code 9/,
    { columns: { n: 'n', site: () => ({ ...batch.columns['site'], codes: new Uint32Array(3).fill(9) }) } },
  ],
  ['no column', 'TM_ERR_TASK_BAD_BATCH', /is undefined, not a column/, { columns: { n: 'n', site: () => undefined } }],
  ['a short mask', 'TM_ERR_TASK_BAD_BATCH', /choice of rows of Visit has 1 mask for 3 rows/, { rows: () => ({ mask: Uint8Array.of(1) }) }],
  ['rows outside', 'TM_ERR_TASK_BAD_BATCH', /has the row 3, where there are 3/, { rows: () => ({ rows: Uint32Array.of(3) }) }],
  ['nothing chosen', 'TM_ERR_TASK_BAD_BATCH', /choice of rows of Visit is undefined, not a mask/, { rows: () => undefined }],
  [
    'a column beside that is short',
    'TM_ERR_TASK_BAD_BATCH',
    /'mark' has 3 codes for 1 rows/,
    { type: Marks, rows: () => ({ rows: Uint32Array.of(1), columns: { mark: batch.columns['site'] } }) },
  ],
  [
    'no column beside',
    'TM_ERR_DECLARATION',
    /a batch of Visit has no field 'mark'/,
    { type: Marks, rows: () => ({ rows: Uint32Array.of(1) }) },
  ],
])('%s is refused', ([, code, says, sum]) => {
  expect(() => made(sum)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(says) as string }) as Error);
});
