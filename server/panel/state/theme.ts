import { createStore } from './store.js';

export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'tidemill.theme';
const chosen = document.documentElement.dataset['theme'];

/** `public/theme.js` has put a chosen theme in place before the first paint. */
export const theme = createStore<Theme>(chosen === 'light' || chosen === 'dark' ? chosen : 'auto');

export function chooseTheme(next: Theme): void {
  theme.set(next);
  if (next === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = next;
  try {
    if (next === 'auto') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Without storage the choice holds as long as the page.
  }
}
