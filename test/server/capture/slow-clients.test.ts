/* Clients that hold what all share: connections, and the room for bodies. Others are answered. */
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { soon } from '../../support/soon.js';
import { capturing, NOON, type Capturing } from './capturing.js';

const page = { site: 'shop', object: '/a' };
/** A list of some 60 kB. */
const large = Array.from({ length: 100 }, (_, i) => ({ ...page, name: String(i).padStart(560, 'x') }));

interface Line {
  readonly socket: Socket;
  /** The answers, without that the server is waiting for the body. */
  readonly text: () => string;
  /** Whether the server has said that it is waiting for the body. */
  readonly isReading: () => boolean;
  readonly isOver: () => boolean;
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** A connection that sends what it is told to and no more; it is gone when the test has ended. */
function dial(port: number, text = ''): Line {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let heard = '';
  let isOver = false;
  socket
    .on('data', (bytes: Buffer) => (heard += bytes.toString()))
    .on('error', () => undefined)
    .on('close', () => (isOver = true));
  if (text !== '') socket.write(text);
  return { socket, text: () => heard.replace(CONTINUE, ''), isReading: () => heard.startsWith(CONTINUE), isOver: () => isOver };
}

/** A request that announces a body, with as much of it as there is. */
function half(announced: number, sent: number, from = '192.0.2.1'): string {
  const head = `POST /sensor HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${from}\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\nContent-Length: ${announced}\r\n\r\n`;
  return head + '['.padEnd(sent);
}

const dialled = (n: number, port: number, text: string): Line[] => Array.from({ length: n }, () => dial(port, text));

const reading = (...lines: readonly Line[]): Promise<void> => soon(() => expect(lines.every(({ isReading }) => isReading())).toBe(true));

async function statuses(n: number, send: () => Promise<Response>): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < n; i++) {
    const response = await send();
    await response.text();
    found.push(response.status);
  }
  return [...new Set(found)];
}

/** A capture whose clock is turned by hand. */
async function atNoon(settings: object): Promise<{ capture: Capturing; pass: (ms: number) => void }> {
  let now = NOON;
  const capture = await capturing({ settings: { sensor: settings }, clock: () => now });
  return { capture, pass: (ms) => (now += ms) };
}

describe('what was announced counts for nothing', () => {
  test('200 bodies that do not come, and 500 connections that say nothing', async () => {
    const { capture } = await atNoon({});
    const { port, post, url } = capture;
    const silent = dialled(500, port, '');
    const slow = dialled(200, port, half(1_048_576, 1));
    await reading(...slow);
    expect(await statuses(30, () => post(page))).toEqual([204]);
    expect(await statuses(2, () => post(large))).toEqual([204]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect([...silent, ...slow].some(({ isOver }) => isOver())).toBe(false);
  });

  test('an announced body that is larger than may be is refused at once', async () => {
    const { capture } = await atNoon({ bodyLimit: 20_000 });
    const line = dial(capture.port, half(20_001, 1));
    await soon(() => expect(line.isOver()).toBe(true));
    expect(line.text()).toMatch(/^HTTP\/1.1 413 /);
  });

  test('and so is one that does not say how large it is', async () => {
    const { capture } = await atNoon({ bodyLimit: 20_000 });
    const line = dial(capture.port, 'POST /sensor HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n');
    line.socket.write(`4000\r\n${'['.padEnd(16_384)}\r\n1000\r\n${' '.repeat(4096)}\r\n`);
    await soon(() => expect(line.isOver()).toBe(true));
    expect(line.text()).toMatch(/^HTTP\/1.1 413 /);
  });
});

describe('the room for large bodies', () => {
  const settings = { requestQueue: { maxBytes: 400_000 } };

  test('small bodies are taken while it is full, and large ones as soon as those in it are slow', async () => {
    const { capture, pass } = await atNoon(settings);
    // Each has come but for its last byte; the room is 200 kB.
    const slow = dialled(3, capture.port, half(60_000, 59_999));
    await soon(async () => expect(await statuses(1, () => capture.post(large))).toEqual([503]));
    expect(await statuses(5, () => capture.post(page))).toEqual([204]);
    expect(capture.status().state).toBe('OK');
    pass(1000);
    expect(await statuses(5, () => capture.post(large))).toEqual([204]);
    await soon(() => expect(slow.filter(({ isOver }) => isOver())).toHaveLength(1));
    expect(slow.map(({ text }) => text()).join('')).toMatch(/^HTTP\/1.1 503 [^]*TM_ERR_SENSOR_OVERLOAD/);
  });

  test('an address has its share of it, and others theirs', async () => {
    const { capture } = await atNoon({ ...settings, trustedProxies: ['127.0.0.1'] });
    const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });
    const slow = dial(capture.port, half(60_000, 59_999));
    await soon(async () => expect(await statuses(1, () => capture.post(large, from('192.0.2.1')))).toEqual([429]));
    expect(await statuses(3, () => capture.post(page, from('192.0.2.1')))).toEqual([204]);
    expect(await statuses(3, () => capture.post(large, from('192.0.2.2')))).toEqual([204]);
    slow.socket.destroy();
    await soon(async () => expect(await statuses(1, () => capture.post(large, from('192.0.2.1')))).toEqual([204]));
  });

  test('what goes away leaves it, also where an answer before it on its connection waits', async () => {
    const { capture } = await atNoon({ ...settings, requestQueue: { maxBytes: 120_000 }, commitMs: 1000 });
    const body = JSON.stringify(page);
    const first = `POST /sensor HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const both = dial(capture.port, first + half(59_000, 58_000));
    await soon(() => expect(capture.status().queue).toBe(1));
    await soon(async () => expect(await statuses(1, () => capture.post(large.slice(50)))).toEqual([503]));
    both.socket.destroy();
    await soon(async () => expect(await statuses(1, () => capture.post(large.slice(50)))).toEqual([204]));
  });
});

describe('a body has to keep moving', () => {
  const settings = { bodyRate: { min: 1000, grace: '3s' }, bodyTimeout: '10s' };

  test('one that comes more slowly than it may is refused when its grace is over', async () => {
    const { capture, pass } = await atNoon(settings);
    const slow = dial(capture.port, half(100_000, 2999));
    const fast = dial(capture.port, half(100_000, 3001));
    await reading(slow, fast);
    pass(2999);
    await capture.post(page);
    expect(slow.isOver()).toBe(false);
    pass(1);
    await soon(() => expect(slow.isOver()).toBe(true));
    expect(slow.text()).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n[^]*TM_ERR_SENSOR_REQUEST/);
    expect(fast.isOver()).toBe(false);
    expect(capture.status()).toMatchObject({ accepted: 1, rejected: 1 });
  });

  test('one that is not whole at its deadline is refused, however fast it comes', async () => {
    const { capture, pass } = await atNoon(settings);
    const line = dial(capture.port, half(1_000_000, 500_000));
    await reading(line);
    pass(9999);
    await capture.post(page);
    expect(line.isOver()).toBe(false);
    pass(1);
    await soon(() => expect(line.isOver()).toBe(true));
    expect(line.text()).toMatch(/^HTTP\/1.1 408 /);
  });

  test('one that comes in pieces is taken', async () => {
    const { capture, pass } = await atNoon(settings);
    const body = JSON.stringify([page, page]);
    const line = dial(
      capture.port,
      `POST /sensor HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    line.socket.write(body.slice(0, 20));
    await reading(line);
    pass(2000);
    line.socket.write(body.slice(20));
    await soon(() => expect(line.text()).toMatch(/^HTTP\/1.1 204 /));
    expect(capture.status().accepted).toBe(2);
  });
});

test('the head of a request, and the first byte of a connection, have a time in which they come', async () => {
  const { capture } = await atNoon({ headTimeout: '100ms' });
  const lines = [dial(capture.port), dial(capture.port, 'POST /sensor HTTP/1.1\r\nHost:')];
  await soon(() => expect(lines.every(({ isOver }) => isOver())).toBe(true));
  for (const { text } of lines) expect(text()).toMatch(/^HTTP\/1.1 408 /);
});

test('where there are too many connections, the one without a request for longest goes', async () => {
  const { capture } = await atNoon({ maxConnections: 8 });
  const get = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';
  const busy = dialled(4, capture.port, half(1000, 1));
  await reading(...busy);
  const used = dial(capture.port);
  const silent = dialled(3, capture.port, '');
  await soon(() => expect([used, ...silent].every(({ socket }) => socket.readyState === 'open')).toBe(true));
  used.socket.write(get);
  await soon(() => expect(used.text()).toMatch(/^HTTP\/1.1 200 /));
  for (const _ of silent) {
    const line = dial(capture.port, get);
    await soon(() => expect(line.text()).toMatch(/^HTTP\/1.1 200 /));
  }
  await soon(() => expect(silent.every(({ isOver }) => isOver())).toBe(true));
  expect([used, ...busy].some(({ isOver }) => isOver())).toBe(false);
  const more = dialled(4, capture.port, half(1000, 1));
  await reading(...more);
  // Now all have a request under way.
  const refused = dial(capture.port, get);
  await soon(() => expect(refused.isOver()).toBe(true));
  expect(refused.text()).toBe('');
  expect([...busy, ...more].some(({ isOver }) => isOver())).toBe(false);
});
