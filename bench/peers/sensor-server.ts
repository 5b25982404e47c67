/**
 * A server to load: `node sensor-server.js sensor FOLDER` or `bare`, a Fastify route that reads the body and throws it away.
 * It prints its port; for each line on standard input it prints the CPU time that it took since it listened, and it ends with its input.
 */
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fastify } from 'fastify';
import { startCapture } from '../../server/capture/capture.js';
import { createLog } from '../../server/log.js';
import { readSettings } from '../../server/settings.js';

async function bare(): Promise<number> {
  const app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_, payload, done) => {
    payload.on('end', () => done(null));
    payload.resume();
  });
  app.post('/sensor', (_, reply) => void reply.code(204).send());
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

async function sensor(folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const { port } = await startCapture({
    folder,
    settings: readSettings(folder, {}),
    host: '127.0.0.1',
    port: 0,
    log: createLog('capture'),
  });
  return port;
}

const [kind, folder = ''] = process.argv.slice(2);
const port = await (kind === 'sensor' ? sensor(folder) : bare());
const begin = process.cpuUsage();
process.stdout.write(`${port}\n`);
for await (const _ of createInterface({ input: process.stdin })) {
  const { user, system } = process.cpuUsage(begin);
  process.stdout.write(`${(user + system) / 1000}\n`);
}
process.exit(0);
