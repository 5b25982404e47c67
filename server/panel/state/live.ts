import { get, ApiError } from '../api/client.js';
import { follow } from '../api/follow.js';
import type { CaptureStatus, LiveEvent, Status } from '../api/types.js';
import { access } from './access.js';
import { announceChanges, say } from './announcements.js';
import { applyEvent } from './apply-event.js';
import { createStore } from './store.js';

/** How the panel learns what changes: `live` from events, `polling` where there are none, `offline` where nothing answers. */
export type Connection = 'connecting' | 'live' | 'polling' | 'offline';

/** One second of the sensor. */
export interface Sample {
  readonly at: number;
  readonly perSecond: number;
  readonly queue: number;
}

export const connection = createStore<Connection>('connecting');
export const status = createStore<Status | null>(null);
export const statusError = createStore<ApiError | null>(null);
/** The last minutes of the sensor, since this page was opened. */
export const samples = createStore<readonly Sample[]>([]);
/** The service's clock less this browser's, in ms. */
let clockApart = 0;
/** The last answer as it came, without the events since. */
let answer: Status | null = null;

export const serviceNow = (): number => Date.now() + clockApart;

const SAMPLES = 900;
const REFRESH_MS = 1000;
const POLL_MS = 4000;
const UNSEEN_MS = 60_000;

const listeners = new Set<(event: LiveEvent | null) => void>();

/** Be told of each event, and with null when everything may have changed. */
export function onLive(listener: (event: LiveEvent | null) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

let refreshing: ReturnType<typeof setTimeout> | undefined;
let refreshedAt = 0;
/** What came while an answer is on its way: the answer may be older. Undefined where none is. */
let missed: LiveEvent[] | undefined;
/** Whether there is a reason to fetch that the answer on its way may be older than. */
let again = false;

/** Fetch the status soon, at most once a second whatever happens. */
export function refreshSoon(): void {
  if (missed !== undefined) again = true;
  else refreshing ??= setTimeout(() => void refresh(), Math.max(100, refreshedAt + REFRESH_MS - Date.now()));
}

async function refresh(): Promise<void> {
  clearTimeout(refreshing);
  refreshing = undefined;
  if (missed !== undefined) {
    again = true;
    return;
  }
  const since: LiveEvent[] = [];
  missed = since;
  try {
    const next = await get<Status>('status');
    // An answer that has not changed (304) tells an old time.
    if (next !== answer) clockApart = next.now - Date.now();
    answer = next;
    update(since.reduce(applyEvent, next));
    statusError.set(null);
    if (connection.get() === 'offline') connection.set('polling');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    statusError.set(error);
    if (error.status === 0) connection.set('offline');
  } finally {
    missed = undefined;
    refreshedAt = Date.now();
    if (again) {
      again = false;
      refreshSoon();
    }
  }
}

function update(next: Status): void {
  announceChanges(status.get(), next);
  if (next.capture !== null && next.capture !== status.get()?.capture) addSample(next.capture);
  status.set(next);
}

function addSample({ perSecond, queue }: CaptureStatus): void {
  const at = Math.floor(serviceNow() / 1000);
  const past = samples.get();
  const kept = past.at(-1)?.at === at ? past.slice(0, -1) : past;
  samples.set([...kept.slice(-SAMPLES), { at, perSecond, queue }]);
}

function take(event: LiveEvent): void {
  missed?.push(event);
  const now = status.get();
  if (now !== null) update(applyEvent(now, event));
  if (event.kind === 'job' || event.kind === 'package' || event.kind === 'reset') refreshSoon();
  for (const listener of listeners) listener(event.kind === 'reset' ? null : event);
}

/** Follow the service from now on, as long as the page is there. */
export function startLive(): void {
  let ended = new AbortController();
  const begin = (): void => {
    ended.abort();
    ended = new AbortController();
    void refresh();
    void follow(
      {
        onEvent: take,
        onOpen: () => {
          if (connection.get() === 'polling' || connection.get() === 'offline') say('Live again.');
          connection.set('live');
          refreshSoon();
          for (const listener of listeners) listener(null);
        },
        onLost: () => {
          if (connection.get() === 'live') say('The live connection was lost; asking every few seconds instead.');
          if (connection.get() !== 'offline' && status.get() !== null) connection.set('polling');
          if (access.get().refused === null) refreshSoon();
        },
      },
      ended.signal,
    );
  };
  begin();
  // A browser has few connections for one host: a tab that nobody looks at gives its own back.
  let unseen: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(unseen);
    if (document.hidden) unseen = setTimeout(() => ended.abort(), UNSEEN_MS);
    else if (ended.signal.aborted) begin();
  });
  let round = access.get().round;
  access.subscribe(() => {
    if (access.get().refused !== null) ended.abort();
    if (access.get().round === round) return;
    round = access.get().round;
    begin();
    for (const listener of listeners) listener(null);
  });
  setInterval(() => {
    if (connection.get() === 'live' || access.get().refused !== null) return;
    refreshSoon();
    for (const listener of listeners) listener(null);
  }, POLL_MS);
}
