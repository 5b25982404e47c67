import { useEffect, useState } from 'preact/hooks';

/** One value that many may look at. */
export interface Store<T> {
  get(): T;
  set(next: T): void;
  /** Be called after each change, until the function that is returned is called. */
  subscribe(listener: () => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The value of a store; the component is drawn anew when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [value, show] = useState(() => store.get());
  useEffect(() => {
    const update = (): void => show(() => store.get());
    update();
    return store.subscribe(update);
  }, [store]);
  return value;
}
