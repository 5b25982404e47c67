/* The OpenAPI document, and the page to try it: in a browser, under the strict policy, with nothing from anywhere else. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { startBrowser } from '../../support/browser.js';
import { processedData, startOn, type Running } from './api.js';

let api: Running;
let browser: Browser;
beforeAll(async () => {
  [api, browser] = await Promise.all([processedData(100).then((data) => startOn(data)), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await api.end();
});

test('the document names every operation, each with an id, a summary and its schemas', async () => {
  // eslint-disable-next-line typescript/no-explicit-any
  const document: any = await (await fetch(`${api.url}/api/openapi.json`)).json();
  expect(document.openapi).toBe('3.1.0');
  const operations = Object.entries(
    document.paths as Record<string, Record<string, { operationId: string; summary: string; responses: object }>>,
  ).flatMap(([at, methods]) => Object.entries(methods).map(([method, operation]) => ({ at: `${method} ${at}`, ...operation })));
  expect(operations.map((o) => o.at).sort()).toEqual([
    'get /api/v1/events',
    'get /api/v1/injections',
    'get /api/v1/injections/{path}',
    'get /api/v1/jobs',
    'get /api/v1/jobs/{id}',
    'get /api/v1/locations',
    'get /api/v1/locations/{name}',
    'get /api/v1/packages/{path}',
    'get /api/v1/packages/{path}/beans',
    'get /api/v1/packages/{path}/rejects',
    'get /api/v1/processors',
    'get /api/v1/processors/{name}',
    'get /api/v1/rejects',
    'get /api/v1/status',
    'get /healthz',
    'get /readyz',
    'post /api/v1/jobs',
    'post /api/v1/jobs/{id}/cancel',
    'post /api/v1/jobs/{id}/retry',
    'post /api/v1/scheduler/pause',
    'post /api/v1/scheduler/resume',
  ]);
  expect(new Set(operations.map((o) => o.operationId)).size).toBe(operations.length);
  for (const o of operations) expect([o.at, o.summary.length > 5, Object.keys(o.responses).length > 0]).toEqual([o.at, true, true]);
  const names = new Set(Object.keys(document.components.schemas as object));
  const named = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map((m) => m[1]!);
  expect(named.filter((name) => !names.has(name))).toEqual([]);
  expect([...names].filter((name) => !named.includes(name) && name !== 'PackageEvent')).toEqual([]);
  const limit = document.paths['/api/v1/jobs'].get.parameters.find((p: { name: string }) => p.name === 'limit');
  expect(limit).toMatchObject({ in: 'query', required: false, schema: { type: 'integer', minimum: 1, maximum: 500, default: 50 } });
});

test('the page tries an operation, asks nobody else, and breaks no rule of its policy', async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  const asked: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) asked.push(request.url());
  });
  await page.goto(`${api.url}/api/docs`);
  await page.locator('#operations-packages-getPackage').click();
  const operation = page.locator('#operations-packages-getPackage');
  await operation.getByRole('button', { name: 'Try it out' }).click();
  const path = api.service.dataset.store.packages('sesdata')[0]!.path.slice(1);
  await operation.getByPlaceholder('path').fill(path);
  await operation.getByRole('button', { name: 'Execute' }).click();
  await operation.locator('.live-responses-table .response .microlight').getByText(`"/${path}"`).first().waitFor();
  expect(complaints).toEqual([]);
  expect(asked.filter((url) => !url.startsWith(`${api.url}/`))).toEqual([]);
});
