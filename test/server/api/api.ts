/* The API of a real dataset on a real port, and a client that holds every answer against the OpenAPI document. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { importing, prepareDataset, processing, trafficBytes, working } from '../../support/dataset.js';
import { restingService, type RestingService } from '../../support/resting-service.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { startApi, type Api } from '#server/api/start.js';
import { openForWriting } from '#server/dataset.js';
import { createLog } from '#server/log.js';

/** Lines that break a rule, one of them hostile, one not even text. */
export const REJECTED = [
  Buffer.from('{"time":1456747200000,"site":"shop","object":"<script>alert(1)</script>"}\n'),
  Buffer.from('<img src=x onerror=alert(1)>\u001b[31m\n'),
  Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x0a]),
];

/** A dataset of three days that has been processed, in a folder of its own; answers the folder. */
export async function processedData(impressions = 1500): Promise<string> {
  const data = temporaryFolder();
  const file = path.join(data, 'lines.jsonl');
  writeFileSync(file, Buffer.concat([trafficBytes({ impressions, days: 3, start: '2016-02-28', seed: 7 }), ...REJECTED]));
  prepareDataset(data);
  await working(data, {}, async (workshop) => {
    await importing(workshop, [file]);
    await processing(workshop);
  });
  return data;
}

export interface Running extends Api {
  readonly url: string;
  readonly service: RestingService;
  readonly lines: string[];
  end(): Promise<void>;
}

export async function startOn(
  data: string,
  settings: Readonly<Record<string, string>> = {},
  options: { host?: string; port?: number; drainMs?: number; panel?: string } = {},
): Promise<Running> {
  const dataset = await openForWriting({ data, name: 'analytics', environment: settings });
  const service = restingService(dataset);
  const lines: string[] = [];
  const log = createLog('engine', (line) => void lines.push(line));
  try {
    const api = await startApi(service, { host: '127.0.0.1', port: 0, log, ...options });
    return {
      ...api,
      url: `http://127.0.0.1:${api.port}`,
      service,
      lines,
      async end() {
        await api.close();
        await dataset.store.close();
      },
    };
  } catch (error) {
    await dataset.store.close();
    throw error;
  }
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { responses: Record<string, { content?: Record<string, { schema: object }> }> }>>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** Ask, and hold what is answered against the document: the operation, its status and the answer's schema must be in it. */
export async function clientOf(url: string): Promise<(method: string, path: string, init?: RequestInit) => Promise<Answer>> {
  const document = (await (await fetch(`${url}/api/openapi.json`)).json()) as Document;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema({ $id: 'doc:', ...document });
  return async (method, at, init = {}) => {
    const response = await fetch(url + at, { method, ...init });
    const text = await response.text();
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const operation = operationOf(document, method, at.split('?', 1)[0] ?? '');
    if (operation !== undefined && response.status !== 304) {
      const type = /^(application\/(?:problem\+)?json); charset=utf-8$/.exec(response.headers.get('content-type') ?? '')?.[1] ?? '';
      const schema = document.paths[operation]?.[method.toLowerCase()]?.responses[response.status]?.content?.[type]?.schema;
      expect(schema, `${method} ${at}: status ${response.status} is not documented`).toBeDefined();
      const pointer = ['paths', operation, method.toLowerCase(), 'responses', String(response.status), 'content', type, 'schema'];
      const validate = ajv.getSchema(
        `doc:#/${pointer.map((p) => encodeURIComponent(p.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`,
      );
      expect(validate, `${method} ${at}`).toBeDefined();
      expect(validate?.(body) === true ? [] : validate?.errors, `${method} ${at}: ${text.slice(0, 300)}`).toEqual([]);
    }
    return { status: response.status, headers: response.headers, body };
  };
}

/** The path of the document that a request is for. */
function operationOf({ paths }: Document, method: string, at: string): string | undefined {
  return Object.keys(paths).find((template) => {
    if (paths[template]?.[method.toLowerCase()] === undefined) return false;
    const pattern = template
      .replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('{path}', '.+?')
      .replaceAll(/\{\w+\}/g, '[^/]+');
    return new RegExp(`^${pattern}$`).test(at) && !(template.endsWith('{path}') && /\/(beans|rejects)$/.test(at));
  });
}

/** Follow `next` to the end of a list. */
export async function allPages(
  ask: (at: string) => Promise<Answer>,
  at: string,
  between: () => Promise<void> = () => Promise.resolve(),
  // eslint-disable-next-line typescript/no-explicit-any
): Promise<any[]> {
  const items: unknown[] = [];
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const { status, body } = await ask(`${at}${at.includes('?') ? '&' : '?'}${cursor === undefined ? '' : `cursor=${cursor}`}`);
    expect(status).toBe(200);
    const page = body as { items: unknown[]; next?: string };
    items.push(...page.items);
    cursor = page.next;
    await between();
  }
  return items;
}
