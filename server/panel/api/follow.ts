import { apiUrl, authorization, refusal } from './client.js';
import { eventStreamParser } from './event-stream.js';
import type { LiveEvent } from './types.js';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** The API sends a comment every 15 s; a stream that is silent for longer than this is dead. */
const SILENCE_MS = 40_000;

export interface Follower {
  onEvent(event: LiveEvent): void;
  /** The stream is open: what came before is to be fetched. */
  onOpen(): void;
  /** It ended, and is tried again in `waitMs`. */
  onLost(waitMs: number): void;
}

/**
 * Follow `/api/v1/events` until `signal` ends it. By fetch and not by EventSource, which cannot send a token. A stream that
 * ends is opened again with a growing back-off; a browser that comes back online does not wait for it.
 */
export async function follow(follower: Follower, signal: AbortSignal): Promise<void> {
  let wait = FIRST_WAIT_MS;
  let lastId = '';
  while (!signal.aborted) {
    try {
      await once(
        lastId,
        {
          ...follower,
          onOpen: () => {
            wait = FIRST_WAIT_MS;
            follower.onOpen();
          },
        },
        (id) => (lastId = id),
        signal,
      );
    } catch {
      // The reason is not told apart: whatever it was, the stream is tried again, and requests beside it say what is wrong.
    }
    if (signal.aborted) return;
    follower.onLost(wait);
    await pause(wait * (0.75 + Math.random() / 2), signal);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

async function once(lastId: string, { onEvent, onOpen }: Follower, onId: (id: string) => void, signal: AbortSignal): Promise<void> {
  const silence = new AbortController();
  const response = await fetch(apiUrl('events'), {
    headers: { accept: 'text/event-stream', ...authorization(), ...(lastId === '' ? {} : { 'last-event-id': lastId }) },
    cache: 'no-store',
    credentials: 'omit',
    signal: AbortSignal.any([signal, silence.signal]),
  });
  if (!response.ok || response.body === null) throw await refusal(response);
  onOpen();
  const parse = eventStreamParser(({ event, data, id }) => {
    if (id !== '') onId(id);
    onEvent({ kind: event, data: JSON.parse(data) as unknown } as LiveEvent);
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const timer = setTimeout(() => silence.abort(), SILENCE_MS);
    const { value, done } = await reader.read().finally(() => clearTimeout(timer));
    if (done) return;
    parse(value);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      removeEventListener('online', end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    addEventListener('online', end);
    signal.addEventListener('abort', end);
  });
}
