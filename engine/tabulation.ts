import { unsetFloats } from './region.js';
import { countRows, keyPart, mergeGroups } from './aggregate.js';
import { GroupPrefixes, groupRows, type KeyPart } from './groups.js';
import { selectColumn, selectUints } from './rows.js';
import type { Batch, Column } from './column.js';
import type { Context } from './processor.js';
import { chosenBy, columnAs, columnFrom } from './checked-sources.js';
import type { Rows, Source } from './sources.js';
import type { Sum } from './sum.js';

/** So many rows tell whether merging pays: not if more than this share of them have keys of their own. */
const SAMPLE_ROWS = 8192;
const SAMPLE_DISTINCT = 0.85;

/** Rows that some sums choose alike. */
interface Selection {
  readonly rows: number;
  readonly prefixes: GroupPrefixes;
  /** The column of a source, in these rows. */
  column(source: string | Exclude<Source, 1>): Column;
  /** Columns that come with the rows. */
  readonly beside: Readonly<Record<string, Column>>;
  /** Whether it has rows more than once. */
  readonly repeats: boolean;
}

/**
 * The sums of one batch. What several of them need is made once: rows that are chosen by the same function, columns of the
 * same source, groups of keys that begin alike.
 */
export class Tabulation {
  readonly #batch: Batch;
  readonly #context: Context;
  readonly #selections = new Map<Rows | undefined, Selection>();
  readonly #columns = new Map<Source, Column>();
  readonly #parts = new Map<Column, KeyPart>();

  constructor(batch: Batch, context: Context) {
    this.#batch = batch;
    this.#context = context;
  }

  /** One batch a sum, in the order of first sight; merged by key, but where that would not make it much shorter. */
  all(sums: readonly Sum[]): Batch[] {
    return sums.map((sum) => this.#sum(sum));
  }

  #sum({ type, columns: sources, rows, distinct }: Sum): Batch {
    const selection = this.#selection(rows);
    const columns: Record<string, Column | 1> = {};
    for (const field of Object.keys(type.fields)) {
      if (field === distinct?.measure) continue;
      const source = sources[field] ?? field;
      columns[field] = selection.beside[field] ?? (source === 1 ? 1 : selection.column(source));
    }
    const key = type.key.map((field) => this.#part(columns[field] as Column));
    // Who counts distinct values must see them by key, and sees each key here for the last time.
    if (distinct === undefined && selection.repeats && isMostlyDistinct(key, selection.rows))
      return unmerged(type.name, Object.keys(type.fields), columns, selection.rows);
    const groups = selection.prefixes.of(key, selection.rows);
    if (distinct === undefined) return mergeGroups(type, columns, groups);
    const { firstRow } = selection.prefixes.of([this.#part(selection.column(distinct.of)), ...key], selection.rows);
    const values = countRows({ ...groups, ofRow: selectUints(groups.ofRow, firstRow) });
    return mergeGroups(type, columns, groups, { [distinct.measure]: { kind: 'number', values } });
  }

  #selection(choose: Rows | undefined): Selection {
    let selection = this.#selections.get(choose);
    if (selection === undefined) this.#selections.set(choose, (selection = this.#select(choose)));
    return selection;
  }

  #select(choose: Rows | undefined): Selection {
    const chosen = choose && chosenBy(choose, this.#batch, this.#context);
    if (chosen === undefined || 'mask' in chosen) {
      const prefixes = new GroupPrefixes(chosen?.mask);
      return { rows: this.#batch.rows, prefixes, column: (source) => this.#column(source), beside: {}, repeats: false };
    }
    const { rows, columns: beside = {} } = chosen;
    const selected = new Map<Source, Column>();
    const column = (source: Exclude<Source, 1>): Column => {
      let own = selected.get(source);
      if (own === undefined) selected.set(source, (own = selectColumn(this.#column(source), rows)));
      return own;
    };
    return { rows: rows.length, prefixes: new GroupPrefixes(), column, beside, repeats: true };
  }

  #column(source: Exclude<Source, 1>): Column {
    if (typeof source === 'string') return columnAs(this.#batch, source);
    let column = this.#columns.get(source);
    if (column === undefined) this.#columns.set(source, (column = columnFrom(source, this.#batch, this.#context)));
    return column;
  }

  #part(column: Column): KeyPart {
    let part = this.#parts.get(column);
    if (part === undefined) this.#parts.set(column, (part = keyPart(column)));
    return part;
  }
}

function isMostlyDistinct(key: readonly KeyPart[], rows: number): boolean {
  return rows > SAMPLE_ROWS && groupRows(key, SAMPLE_ROWS).count > SAMPLE_ROWS * SAMPLE_DISTINCT;
}

function unmerged(type: string, fields: readonly string[], columns: Readonly<Record<string, Column | 1>>, rows: number): Batch {
  const own = fields.map((field): [string, Column] => {
    const column = columns[field] as Column | 1;
    return [field, column === 1 ? { kind: 'number', values: unsetFloats(rows).fill(1) } : column];
  });
  return { type, rows, columns: Object.fromEntries(own) };
}
