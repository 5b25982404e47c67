/* The end: nothing new, what is under way is answered, idle connections go at once, and who does not end is ended. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { processedData, startOn, type Running } from './api.js';

let data: string;
const open: Running[] = [];
beforeAll(async () => {
  data = await processedData(100);
});
afterEach(async () => {
  for (const api of open.splice(0)) await api.end();
});

async function started(drainMs: number): Promise<Running> {
  const api = await startOn(data, {}, { drainMs });
  open.push(api);
  return api;
}

interface Line {
  readonly socket: Socket;
  readonly text: () => string;
  readonly closed: Promise<unknown>;
}

async function dial(port: number): Promise<Line> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (bytes: Buffer) => (text += bytes.toString())).on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  return { socket, text: () => text, closed };
}

const BODY = '{"processor":"OIProcessor"}';
const HEAD = `POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\nExpect: 100-continue\r\n\r\n`;

/** A request whose body the server waits for: it has said so. */
async function halfWay(port: number): Promise<Line> {
  const line = await dial(port);
  line.socket.write(HEAD);
  await once(line.socket, 'data');
  expect(line.text()).toMatch(/^HTTP\/1.1 100 Continue/);
  return line;
}

test('what is under way is answered, and the answer ends the connection', async () => {
  const { port, close } = await started(20_000);
  const line = await halfWay(port);
  const closing = close();
  await expect(dial(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  line.socket.write(BODY);
  await line.closed;
  expect(line.text()).toMatch(/HTTP\/1.1 202 [^]*connection: close[^]*OIProcessor/i);
  await closing;
});

test('an idle connection ends at once', async () => {
  const { port, close } = await started(20_000);
  const line = await dial(port);
  line.socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(line.socket, 'data');
  expect(line.text()).toMatch(/connection: keep-alive/i);
  await Promise.all([close(), line.closed]);
});

test('a client that goes on and on is cut off at the deadline', async () => {
  const { port, close } = await started(30);
  const line = await halfWay(port);
  await Promise.all([close(), line.closed]);
  expect(line.text()).not.toContain('HTTP/1.1 202');
});

test('closing twice waits for the same end', async () => {
  const { close } = await started(20_000);
  await Promise.all([close(), close()]);
  await close();
});
