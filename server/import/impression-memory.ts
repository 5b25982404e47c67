import { IMPRESSION_COLUMNS, MAX_LINE } from './columns.js';
import type { ScanKernel } from './scan-kernel.js';
import { ScanMemory } from './scan-memory.js';

const COLUMNS = IMPRESSION_COLUMNS.length;
const [SEGMENTS, RECOMMENDATIONS, PARAMS] = (['segments', 'recommendations', 'params'] as const).map((name) =>
  IMPRESSION_COLUMNS.indexOf(name),
) as [number, number, number];
/** The names of fields are texts of one more column, these first. */
const NAMES = [...IMPRESSION_COLUMNS, 'time', '__proto__'];

/** Lines of `impressions`, a column for each of IMPRESSION_COLUMNS. */
export class ImpressionMemory extends ScanMemory {
  constructor(kernel: ScanKernel) {
    super(kernel, COLUMNS);
  }

  override load(input: Uint8Array): void {
    super.load(input);
    for (const name of NAMES) this.intern(COLUMNS, name);
  }

  protected override begin(size: number, seed: number): number {
    return this.kernel.beginImpressions(COLUMNS, SEGMENTS, RECOMMENDATIONS, PARAMS, MAX_LINE, size, seed);
  }

  override scan(from: number, to: number): number {
    return this.kernel.scanImpressions(from, to);
  }

  /** Count fields of a line that the caller has read, whose names are none of ours. */
  addUnknown(fields: number): void {
    this.kernel.addUnknownFields(fields);
  }
}
