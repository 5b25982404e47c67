import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail } from '../../errors.js';
import { readStaticFiles, staticFile } from '../http/static-files.js';
import { sendFile } from './send-file.js';
import type { FastifyInstance } from 'fastify';

/** Where the build puts the panel: dist/server/panel, beside this module's folder. */
const PANEL = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../panel');

const NOT_BUILT = staticFile(
  Buffer.from(
    '<!doctype html><html lang="en"><title>Tidemill</title><p>The status panel was not built. The API is at /api/docs.</p></html>',
  ),
  'text/html; charset=utf-8',
  false,
);

/** The status panel at `/`. It has one page: where one is in it, stands behind the `#`. */
export function panelRoutes(app: FastifyInstance, folder: string = PANEL): void {
  const files = readStaticFiles(folder, (name) => !/\.(d\.ts|map|tsbuildinfo)$/.test(name));
  const page = files.get('index.html') ?? NOT_BUILT;
  app.get('/*', { schema: { hide: true } }, (request, reply) => {
    const { '*': name } = request.params as { readonly '*': string };
    const file = name === '' ? page : files.get(name);
    if (file !== undefined) return sendFile(request, reply, file);
    throw fail('TM_ERR_API_UNKNOWN', `there is nothing at ${request.url.split('?', 1)[0]}`);
  });
}
