/** A table of texts. */
export interface Table {
  /** Columns that begin with `>` are of numbers, to the right. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** As Markdown with even columns, which is as good to read in a terminal. */
export function markdownTable({ columns, rows }: Table): string {
  const right = columns.map((c) => c.startsWith('>'));
  const head = columns.map((c) => c.replace(/^>/, ''));
  const cells = [head, ...rows].map((row) => head.map((_, i) => (row[i] ?? '').replaceAll('|', '\\|')));
  const widths = head.map((_, i) => Math.max(3, ...cells.map((row) => [...(row[i] ?? '')].length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, i) => pad(cell, widths[i] ?? 0, right[i] === true)).join(' | ')} |`;
  const rule = widths.map((width, i) => (right[i] === true ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  const [first = [], ...rest] = cells;
  return [line(first), line(rule), ...rest.map(line)].join('\n');
}

function pad(cell: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - [...cell].length));
  return right ? space + cell : cell + space;
}
