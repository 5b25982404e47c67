/* The panel in a real browser, on the API of a real dataset. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { importing, line, prepareDataset, processing, trafficBytes, working } from '../support/dataset.js';
import { restingService, type RestingService } from '../support/resting-service.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { startApi, type Api } from '#server/api/start.js';
import { openForWriting } from '#server/dataset.js';
import { createLog } from '#server/log.js';

/** A title as somebody would like it to be read by a panel. */
export const HOSTILE = '<img src=x onerror="document.title=1">=1+1\u202Eexe.gnp\u0007';
export const HOSTILE_LINE = '<script>document.title = 1</script>';

export const LAPTOP = { width: 1366, height: 768 };
export const PHONE = { width: 390, height: 844 };

const DAY = Date.UTC(2016, 1, 28, 12);

/** Three days of traffic and some hostile lines, processed, with a processor of its own. Answers the data folder. */
export async function panelData(): Promise<string> {
  const data = temporaryFolder();
  const folder = prepareDataset(data, { zone: 'Europe/Berlin', settings: { processors: ['./colours-processor.js'] } });
  copyFileSync(fileURLToPath(new URL('../../examples/colours-processor.js', import.meta.url)), path.join(folder, 'colours-processor.js'));
  const file = path.join(data, 'lines.jsonl');
  const hostile = line(DAY, { site: 'evil', object: HOSTILE, name: HOSTILE, params: { colour: HOSTILE } });
  const traffic = trafficBytes({ impressions: 1200, days: 3, start: '2016-02-27', seed: 5 });
  writeFileSync(file, Buffer.concat([traffic, Buffer.from(`${hostile}${HOSTILE_LINE}\n{"time":1}\n`)]));
  await working(data, {}, async (workshop) => {
    await importing(workshop, [file]);
    await processing(workshop);
  });
  return data;
}

export interface Served {
  readonly url: string;
  readonly service: RestingService;
  /** What the API says at a path below /api/v1/. */
  // eslint-disable-next-line typescript/no-explicit-any
  ask(path: string): Promise<any>;
  /** End the API, and start it again at the same port. */
  stop(): Promise<void>;
  restart(): Promise<void>;
  end(): Promise<void>;
}

/** Serve a dataset as `tidemill serve` does, at any free port. */
export async function servePanel(data: string, environment: Readonly<Record<string, string>> = {}): Promise<Served> {
  const dataset = await openForWriting({ data, name: 'analytics', environment });
  const service = restingService(dataset);
  const log = createLog('engine', () => undefined);
  const start = (port: number): Promise<Api> => startApi(service, { host: '127.0.0.1', port, log, drainMs: 200 });
  let api = await start(0);
  const { port } = api;
  return {
    url: `http://127.0.0.1:${port}`,
    service,
    ask: async (at) => (await fetch(`http://127.0.0.1:${port}/api/v1/${at}`)).json(),
    stop: () => api.close(),
    restart: async () => void (api = await start(port)),
    async end() {
      await api.close();
      await dataset.store.close();
    },
  };
}

export interface Look {
  readonly size?: typeof LAPTOP;
  readonly scheme?: 'light' | 'dark';
  readonly reducedMotion?: 'reduce' | 'no-preference';
}

export interface Opened {
  readonly page: Page;
  /** Errors of the console, exceptions, and violations of the content policy, so far. */
  readonly troubles: string[];
  /** Go to an address of the panel and wait until what it shows is there. */
  goto(hash: string): Promise<void>;
  /** The node of the flow with that name. */
  node(name: string): ReturnType<Page['locator']>;
}

/** A page of its own, at the panel's summary. */
export async function openPanel(
  browser: Browser,
  url: string,
  { size = LAPTOP, scheme = 'light', reducedMotion = 'reduce' }: Look = {},
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: size,
    colorScheme: scheme,
    reducedMotion,
    locale: 'en-GB',
    timezoneId: 'America/New_York',
  });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`console: ${message.text()}`);
  });
  await page.exposeFunction('reportViolation', (text: string) => troubles.push(`policy: ${text}`));
  await page.addInitScript(
    'addEventListener("securitypolicyviolation", (e) => reportViolation(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`))',
  );
  const goto = async (hash: string): Promise<void> => {
    await page.goto(`${url}/#${hash}`);
    await page.locator('main').waitFor();
    await expect.poll(() => page.locator('.loading').count()).toBe(0);
  };
  await goto('/');
  return { page, troubles, goto, node: (name) => page.locator(`[data-node="${name}"]`) };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds in a page that is serious or worse, in a line each. */
export async function accessibilityTroubles(page: Page, { contrastOnly = false } = {}): Promise<string[]> {
  // An address of the panel is no document of its own: axe is there already where the page has been looked at before.
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(`${AXE}; undefined`);
  const rules = contrastOnly ? { runOnly: { type: 'rule', values: ['color-contrast'] } } : {};
  const found = (await page.evaluate(`axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], ...rules })})`)) as {
    readonly violations: readonly {
      readonly id: string;
      readonly impact: string;
      readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
    }[];
  };
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((n) => `${id}: ${n.html} ${n.failureSummary}`));
}
