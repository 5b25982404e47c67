import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get } from '../api/client.js';
import type { LiveEvent } from '../api/types.js';
import { onLive } from './live.js';

export interface Resource<T> {
  readonly data: T | null;
  readonly error: ApiError | null;
  readonly loading: boolean;
  reload(): void;
}

const APART_MS = 800;

/**
 * What the API says at a path, fetched again when `concerns` says of an event that it may have changed (at most about once a
 * second), or when events were missed. The last answer stays while the next is under way.
 */
export function useResource<T>(path: string, concerns: (event: LiveEvent) => boolean = () => false): Resource<T> {
  const [answer, setAnswer] = useState<{ path: string; data: T | null; error: ApiError | null }>({ path, data: null, error: null });
  const [loading, setLoading] = useState(true);
  const concern = useRef(concerns);
  concern.current = concerns;
  const busy = useRef(false);
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((n) => n + 1), []);

  useEffect(() => {
    const ended = new AbortController();
    setLoading(true);
    busy.current = true;
    get<T>(path, ended.signal)
      .then((data) => setAnswer({ path, data, error: null }))
      .catch((error: unknown) => {
        if (ended.signal.aborted) return;
        const known = error instanceof ApiError ? error : new ApiError(0, String(error));
        setAnswer((last) => ({ path, data: last.path === path ? last.data : null, error: known }));
      })
      .finally(() => {
        if (ended.signal.aborted) return;
        busy.current = false;
        setLoading(false);
      });
    return () => ended.abort();
  }, [path, round]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const fire = (): void => {
      // An answer that is slower than the events would else be given up for the next, for ever.
      timer = busy.current ? setTimeout(fire, APART_MS) : undefined;
      if (!busy.current) reload();
    };
    const stop = onLive((event) => {
      if (event !== null && !concern.current(event)) return;
      timer ??= setTimeout(fire, APART_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [path, reload]);

  const isOfPath = answer.path === path;
  return { data: isOfPath ? answer.data : null, error: isOfPath ? answer.error : null, loading, reload };
}
