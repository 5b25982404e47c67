import { createStore } from './store.js';

const KEY = 'tidemill.token';

/** `refused` is why a token is asked for, '' where none was given; null while none is asked for. `round` grows with every token that is given. */
export interface Access {
  readonly refused: string | null;
  readonly round: number;
}

export const access = createStore<Access>({ refused: null, round: 0 });

export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

/** Keep a token until the tab is closed, and let everything that waits for it try again. */
export function giveToken(value: string): void {
  sessionStorage.setItem(KEY, value);
  access.set({ refused: null, round: access.get().round + 1 });
}

/** What the API said to a request without a token, or with a wrong one. */
export function askForToken(reason: string): void {
  const { round, refused } = access.get();
  access.set({ round, refused: token() === null ? (refused ?? '') : reason });
  sessionStorage.removeItem(KEY);
}
