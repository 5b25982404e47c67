/* Connections of several addresses; those of loopback are never counted, so that here whoever dials is. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { limitConnections } from '#server/api/http/connections.js';
import { connectionsOf } from '#server/capture/addresses.js';
import { soon } from '../../support/soon.js';

test('an address has an eighth of the connections, and others the rest', async () => {
  const server = createServer((_, response) => response.end('well'));
  limitConnections(server, { most: 16, countedFor: (address) => address });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const dial = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => undefined);
    socket.resume();
    await once(socket, 'connect');
    return socket;
  };
  const kept = await dial('127.0.0.2');
  const many: Socket[] = [];
  for (let i = 0; i < 20; i++) many.push(await dial('127.0.0.3'));
  const isGone = (socket: Socket): boolean => socket.closed;
  await soon(() => expect(many.filter(isGone)).toHaveLength(18));
  // The newest stay, and the other address has its own.
  expect([kept, ...many.slice(-2)].some(isGone)).toBe(false);
  kept.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(kept, 'data');
  for (const socket of many.slice(-2)) socket.destroy();
  await soon(async () => expect(await new Promise((resolve) => server.getConnections((_, n) => resolve(n)))).toBe(1));
  const again = [await dial('127.0.0.3'), await dial('127.0.0.3')];
  expect(again.some(isGone)).toBe(false);
});

test('loopback and proxies are not counted, others are: of IPv6 all of a connection', () => {
  const countedFor = connectionsOf(['192.0.2.7', '198.51.100.0/24', '2001:db8:1::/48']);
  const nobody = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '192.0.2.7', '::ffff:192.0.2.7', '198.51.100.250', '2001:db8:1::9'];
  expect(nobody.map(countedFor)).toEqual(nobody.map(() => undefined));
  expect(['192.0.2.8', '::ffff:192.0.2.8', '2001:db8:2::1', '2001:db8:2::2'].map(countedFor)).toEqual([
    '192.0.2.8',
    '192.0.2.8',
    '2001:db8:2:0',
    '2001:db8:2:0',
  ]);
});
