import type { ComponentChildren } from 'preact';

export interface Column<T> {
  readonly head: string;
  readonly cell: (row: T) => ComponentChildren;
  /** Figures stand at the right, in figures of equal width. */
  readonly numeric?: boolean;
  /** Left out where there is little room. */
  readonly minor?: boolean;
  /** Paths and texts of any length: broken wherever they must. */
  readonly long?: boolean;
}

interface TableProps<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T, index: number) => string;
  /** The caption is for those who cannot see the heading above. */
  readonly hiddenCaption?: boolean;
}

/** A table that scrolls by itself when it is wider than its place; by keyboard as well. */
export function DataTable<T>({ caption, columns, rows, keyOf, hiddenCaption = true }: TableProps<T>) {
  const classOf = (c: Column<T>): string =>
    [c.numeric === true && 'numeric', c.minor === true && 'minor', c.long === true && 'long'].filter(Boolean).join(' ');
  return (
    <div class="table-scroll" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption class={hiddenCaption ? 'visually-hidden' : ''}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((c) => (
              <th key={c.head} scope="col" class={classOf(c)}>
                {c.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={keyOf(row, i)}>
              {columns.map((c) => (
                <td key={c.head} class={classOf(c)}>
                  {c.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
