import { useState } from 'preact/hooks';

export interface Paging {
  /** The cursor of the page that is shown; undefined for the first. */
  readonly cursor: string | undefined;
  readonly page: number;
  forward(next: string): void;
  back(): void;
}

/** Where one is in a list that the API gives by cursors; the first page again when `of` changes. */
export function usePaging(of: string): Paging {
  const [state, set] = useState<{ of: string; cursors: readonly string[] }>({ of, cursors: [] });
  const cursors = state.of === of ? state.cursors : [];
  return {
    cursor: cursors.at(-1),
    page: cursors.length + 1,
    forward: (next) => set({ of, cursors: [...cursors, next] }),
    back: () => set({ of, cursors: cursors.slice(0, -1) }),
  };
}

/** Nothing where all fits on one page. */
export function Pager({ paging, next, what }: { readonly paging: Paging; readonly next: string | undefined; readonly what: string }) {
  if (paging.page === 1 && next === undefined) return null;
  return (
    <nav class="pager" aria-label={`Pages of ${what}`}>
      <button type="button" class="button" disabled={paging.page === 1} onClick={paging.back}>
        Previous
      </button>
      <span aria-live="polite">Page {paging.page}</span>
      <button type="button" class="button" disabled={next === undefined} onClick={() => next !== undefined && paging.forward(next)}>
        Next
      </button>
    </nav>
  );
}
