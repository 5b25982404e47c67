import { pad, truncate, visible, widthOf } from './text.js';

export interface TableColumn {
  readonly title: string;
  /** Numbers go to the right. Such a column is never shortened. */
  readonly align?: 'left' | 'right';
  /** What is copied from here, such as an id, is never shortened either. */
  readonly whole?: true;
  /** Left out, the last such column first, where the others would be cut to less than can be read. */
  readonly optional?: true;
}

const GAP = '  ';
/** A column is not shortened below this. */
const NARROWEST = 8;
/** A column of which so much is left can be read. */
const READABLE = 16;

/**
 * An aligned table for people, one line a row, without a newline at the end. Cells are data: what could drive the
 * terminal is made visible. With `width` (see `columnsOf`) columns that are optional are left out and the widest text columns shortened
 * until lines fit.
 */
export function renderTable(all: readonly TableColumn[], rows: readonly (readonly string[])[], width = Infinity): string {
  const measured = all.map((column, i) => {
    const cells = [column.title, ...rows.map((row) => row[i] ?? '')].map(visible);
    return { column, cells, natural: cells.reduce((widest, cell) => Math.max(widest, widthOf(cell)), 0) };
  });
  const kept = leaveOut(measured, width);
  const columns = kept.map(({ column }) => column);
  const widths = fit(
    columns,
    kept.map(({ natural }) => natural),
    width,
  );
  const [titles = [], ...cells] = Array.from({ length: rows.length + 1 }, (_, i) => kept.map((c) => c.cells[i] as string));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => pad(truncate(text, widths[i] as number), widths[i] as number, columns[i]?.align))
      .join(GAP)
      .trimEnd();
  const lines = [line(titles), widths.map((w) => '─'.repeat(w)).join(GAP), ...cells.map(line)];
  return lines.map((text) => truncate(text, width)).join('\n');
}

/** The columns without as many of the optional ones as it takes. */
function leaveOut<T extends { readonly column: TableColumn; readonly natural: number }>(all: readonly T[], width: number): readonly T[] {
  const least = ({ column, natural }: T): number => (isFixed(column) ? natural : Math.min(natural, READABLE));
  let kept = all;
  for (;;) {
    const needed = kept.reduce((sum, c) => sum + least(c), GAP.length * (kept.length - 1));
    const last = kept.findLast(({ column }) => column.optional === true);
    if (needed <= width || last === undefined) return kept;
    kept = kept.filter((c) => c !== last);
  }
}

const isFixed = ({ align, whole }: TableColumn): boolean => align === 'right' || whole === true;

/** The widest shortenable column gives way, of equals the last, until the line fits or none can. */
function fit(columns: readonly TableColumn[], natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, w) => sum + w, GAP.length * (widths.length - 1)) - width;
  while (excess > 0) {
    let widest = -1;
    for (const [i, w] of widths.entries()) {
      if (!isFixed(columns[i] as TableColumn) && w > NARROWEST && w >= (widths[widest] ?? 0)) widest = i;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] as number) - 1;
    excess--;
  }
  return widths;
}
