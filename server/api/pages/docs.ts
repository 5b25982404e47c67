import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail } from '../../errors.js';
import { readStaticFiles, staticFile, type StaticFile } from '../http/static-files.js';
import { sendFile } from './send-file.js';
import type { FastifyInstance } from 'fastify';

const INDEX = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Tidemill API</title>
    <link rel="stylesheet" href="/api/docs/swagger-ui.css" />
    <link rel="icon" type="image/png" href="/api/docs/favicon-32x32.png" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/api/docs/swagger-ui-bundle.js"></script>
    <script src="/api/docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis],
});
`;

/**
 * A page to try the API at `/api/docs`: Swagger UI out of the package that carries it, without its inline script, so that the
 * page's policy is as strict as the panel's. It is read when it is first asked for: it is large.
 */
export function docsRoutes(app: FastifyInstance): void {
  let files: ReadonlyMap<string, StaticFile> | undefined;
  const read = (): ReadonlyMap<string, StaticFile> => {
    const folder = path.join(path.dirname(fileURLToPath(import.meta.resolve('@fastify/swagger-ui'))), 'static');
    return new Map([
      ...readStaticFiles(folder, (name) => /^(swagger-ui\.css|swagger-ui-bundle\.js|favicon-32x32\.png)$/.test(name)),
      ['', staticFile(Buffer.from(INDEX), 'text/html; charset=utf-8', false)],
      ['start.js', staticFile(Buffer.from(START), 'text/javascript; charset=utf-8', false)],
    ]);
  };
  for (const url of ['/api/docs', '/api/docs/*']) {
    app.get(url, { schema: { hide: true } }, (request, reply) => {
      files ??= read();
      const file = files.get((request.params as { readonly '*'?: string })['*'] ?? '');
      if (file === undefined) throw fail('TM_ERR_API_UNKNOWN', `there is nothing at ${request.url.split('?', 1)[0]}`);
      return sendFile(request, reply, file);
    });
  }
}
