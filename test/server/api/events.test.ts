/* Server-sent events: in order, numbered, to be gone on with, and not more often than anybody can read. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processedData, startOn, type Running } from './api.js';
import { jobOf } from '../../support/resting-service.js';
import { EventHub } from '#server/api/events/event-hub.js';
import type { CaptureStatus } from '#server/supervisor/messages.js';
import type { Job } from '#engine/index.js';
import { soon } from '../../support/soon.js';

let api: Running;
beforeAll(async () => {
  api = await startOn(await processedData(200));
});
afterAll(() => api.end());

interface Received {
  readonly id: number;
  readonly event: string;
  // eslint-disable-next-line typescript/no-explicit-any
  readonly data: any;
}

interface Stream {
  readonly status: number;
  readonly headers: Headers;
  readonly events: Received[];
  readonly lastId: () => number;
  readonly ended: Promise<void>;
  close(): void;
}

async function listen(url: string, last?: number | string): Promise<Stream> {
  const controller = new AbortController();
  const headers = last === undefined ? {} : { 'last-event-id': String(last) };
  const response = await fetch(`${url}/api/v1/events`, { signal: controller.signal, headers });
  const events: Received[] = [];
  let lastId = NaN;
  const read = async (): Promise<void> => {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      const blocks = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split('\n').map((line) => /^(\w*): ?(.*)$/s.exec(line)?.slice(1) ?? ['', '']));
        if (fields['id'] !== undefined) lastId = Number(fields['id']);
        if (fields['event'] !== undefined) events.push({ id: lastId, event: fields['event'], data: JSON.parse(fields['data'] ?? '') });
      }
    }
  };
  const ended = read().catch(() => undefined);
  if (response.status === 200) await soon(() => expect(lastId > 0 || last !== undefined).toBe(true));
  return { status: response.status, headers: response.headers, events, lastId: () => lastId, ended, close: () => controller.abort() };
}

const capture = (perSecond: number): CaptureStatus => ({
  state: 'OK',
  since: 1,
  port: 1,
  queue: 0,
  warnSize: 1,
  maxSize: 2,
  accepted: 0,
  rejected: 0,
  refused: 0,
  perSecond,
  open: null,
});
const tell = (n: number): void => api.service.emit({ kind: 'capture', status: capture(n) });

test('jobs, packages and states, as they happen', async () => {
  const stream = await listen(api.url);
  expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(stream.headers.get('cache-control')).toBe('no-store');
  expect(stream.headers.get('x-content-type-options')).toBe('nosniff');
  const { service } = api;
  const job = jobOf(service.dataset.store, 900, { state: 'scheduled', error: { code: 'X', message: 'two\n\nlines\r\u2028' } });
  await service.put([job]);
  await service.put([{ ...job, state: 'running' }]);
  await service.put([{ ...job, state: 'succeeded' }]);
  service.emit({ kind: 'package', change: 'created', path: '/analytics/sesdata/2016/x', location: 'sesdata' });
  tell(7);
  await soon(() => expect(stream.events).toHaveLength(5));
  expect(stream.events.map((e) => [e.event, e.data.state ?? e.data.change])).toEqual([
    ['job', 'scheduled'],
    ['job', 'running'],
    ['job', 'succeeded'],
    ['package', 'created'],
    ['capture', 'OK'],
  ]);
  expect(stream.events[0]?.data.error.message).toBe('two\n\nlines\r\u2028');
  expect(stream.events[0]?.data).toMatchObject({ id: job.id, recordsIn: 10, period: { granularity: 'day' } });
  const ids = stream.events.map((e) => e.id);
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  stream.close();
});

test('whoever comes back gets what he missed, once and in order', async () => {
  const first = await listen(api.url);
  tell(1);
  await soon(() => expect(first.events).toHaveLength(1));
  first.close();
  await first.ended;
  for (const n of [2, 3, 4]) tell(n);
  const second = await listen(api.url, first.lastId());
  tell(5);
  await soon(() => expect(second.events.map((e) => e.data.perSecond)).toEqual([2, 3, 4, 5]));
  second.close();
});

test('whoever asks for what is not kept is told to read everything again', async () => {
  for (const last of [1, 9e15, 'nonsense']) {
    const stream = await listen(api.url, last);
    await soon(() => expect(stream.events.map((e) => e.event)).toEqual(['reset']));
    tell(6);
    await soon(() => expect(stream.events.map((e) => e.event)).toEqual(['reset', 'capture']));
    stream.close();
  }
});

test('streams end when the server closes', async () => {
  const other = await startOn(await processedData(100));
  const stream = await listen(other.url);
  await other.close();
  await stream.ended;
  await other.end();
});

test('too many streams', () => {
  const hub = new EventHub({ startedAt: 1, maxListeners: 2 });
  const listener = { send: () => undefined, end: () => undefined };
  const stop = hub.listen(undefined, listener);
  hub.listen(undefined, { ...listener });
  expect(hub.isFull).toBe(true);
  stop();
  expect(hub.isFull).toBe(false);
  hub.close();
});

test('progress is told now and then, its newest state; a change of state at once and after it', async () => {
  const hub = new EventHub({ startedAt: 1, throttleMs: 5 });
  const seen: { state: string; done: number }[] = [];
  hub.listen(undefined, {
    send(text) {
      const data = /^data: (.*)$/m.exec(text)?.[1];
      if (data === undefined) return;
      const { state, progress } = JSON.parse(data) as Job;
      seen.push({ state, done: progress.done });
    },
    end: () => undefined,
  });
  const job = jobOf({ createdAt: 1, dataset: 'd' }, 1, { state: 'running' });
  const step = (done: number, state: Job['state'] = 'running'): void =>
    hub.take({ kind: 'job', job: { ...job, state, progress: { done, total: 100 } } });
  for (let done = 0; done <= 50; done++) step(done);
  await soon(() =>
    expect(seen).toEqual([
      { state: 'running', done: 0 },
      { state: 'running', done: 50 },
    ]),
  );
  for (let done = 51; done < 100; done++) step(done);
  step(100, 'succeeded');
  expect(seen.at(-1)).toEqual({ state: 'succeeded', done: 100 });
  hub.close();
  expect(seen).toHaveLength(3);
});

test('a long history is forgotten, and whoever asks for it is told', () => {
  const hub = new EventHub({ startedAt: 0, keep: 10 });
  for (let n = 0; n < 95; n++) hub.take({ kind: 'package', change: 'created', path: `/${n}`, location: 'x' });
  const after = (last: number): string[] => {
    const got: string[] = [];
    hub.listen(last, { send: (text) => got.push(text), end: () => undefined })();
    return got;
  };
  const idsIn = (texts: string[]): number[] => [...texts.join('').matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  expect(idsIn(after(95))).toEqual([]);
  expect(idsIn(after(85))).toEqual([86, 87, 88, 89, 90, 91, 92, 93, 94, 95]);
  expect(after(20)[0]).toContain('event: reset');
  // More than a client could take at once, though it is kept.
  for (let n = 0; n < 10; n++) hub.take({ kind: 'package', change: 'created', path: `/${'x'.repeat(100_000)}`, location: 'x' });
  expect(after(95)[0]).toContain('event: reset');
  hub.close();
});
