import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api/client.js';
import type { Resource } from '../state/use-resource.js';

/** What to show while there is nothing to show. */
export const Loading = ({ what }: { readonly what: string }) => (
  <p class="quiet loading" role="status">
    Loading {what} …
  </p>
);

/** There is nothing, and that is right; the children say what would change it. */
export const Empty = ({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    {children !== undefined && <p>{children}</p>}
  </div>
);

const ADVICE: Readonly<Record<number, string>> = {
  0: 'The panel goes on trying by itself.',
  401: 'A token is needed.',
  403: 'The token does not allow this; use one with the role admin.',
  404: 'It may have been purged, or the address is not right.',
  429: 'Too many requests; wait a moment.',
};

export function Failure({ error, retry }: { readonly error: ApiError; readonly retry?: () => void }) {
  return (
    <div class="failure" role="alert">
      <p class="failure-title">{error.message}</p>
      <p>
        {ADVICE[error.status] ?? 'The log of the service says more.'} {error.code !== undefined && <code>{error.code}</code>}
      </p>
      {retry !== undefined && (
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

interface AnswerProps<T> {
  readonly resource: Resource<T>;
  readonly what: string;
  readonly children: (data: T) => ComponentChildren;
}

/** The data of a resource; before it is there, that it is loading or why not. An old answer stays when a new one fails. */
export function Answer<T>({ resource: { data, error, reload }, what, children }: AnswerProps<T>) {
  return (
    <>
      {error !== null && <Failure error={error} retry={reload} />}
      {data !== null ? children(data) : error === null && <Loading what={what} />}
    </>
  );
}
