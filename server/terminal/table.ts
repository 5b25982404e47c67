import { pad, truncate, visible, widthOf } from './text.js';

export interface TableColumn {
  readonly title: string;
  /** Numbers go to the right. Such a column is never shortened. */
  readonly align?: 'left' | 'right';
  /** What is copied from here, such as an id, is never shortened either. */
  readonly whole?: true;
}

const GAP = '  ';
/** A column is not shortened below this. */
const NARROWEST = 8;

/**
 * An aligned table for people, one line a row, without a newline at the end. Cells are data: what could drive the
 * terminal is made visible. With `width` (see `columnsOf`) the widest text columns are shortened until lines fit.
 */
export function renderTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[], width = Infinity): string {
  const titles = columns.map(({ title }) => visible(title));
  const cells = rows.map((row) => columns.map((_, i) => visible(row[i] ?? '')));
  const widths = fit(
    columns,
    titles.map((title, i) => cells.reduce((widest, row) => Math.max(widest, widthOf(row[i] as string)), widthOf(title))),
    width,
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => pad(truncate(text, widths[i] as number), widths[i] as number, columns[i]?.align))
      .join(GAP)
      .trimEnd();
  const lines = [line(titles), widths.map((w) => '─'.repeat(w)).join(GAP), ...cells.map(line)];
  return lines.map((text) => truncate(text, width)).join('\n');
}

/** The widest shortenable column gives way, of equals the last, until the line fits or none can. */
function fit(columns: readonly TableColumn[], natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, w) => sum + w, GAP.length * (widths.length - 1)) - width;
  while (excess > 0) {
    let widest = -1;
    for (const [i, w] of widths.entries()) {
      if (columns[i]?.align !== 'right' && columns[i]?.whole !== true && w > NARROWEST && w >= (widths[widest] ?? 0)) widest = i;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] as number) - 1;
    excess--;
  }
  return widths;
}
