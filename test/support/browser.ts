import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Browser } from 'playwright-core';

/** What the package's arguments do to fit a browser into a cloud function: a page that closes would take it along, and origins would mean nothing. */
const UNWANTED = new Set([
  '--single-process',
  '--no-zygote',
  '--in-process-gpu',
  '--disable-web-security',
  '--allow-running-insecure-content',
]);

/**
 * A Chromium of an npm package, so that the tests need nothing on the machine; `TIDEMILL_TEST_BROWSER` is the path of another
 * that has Chromium's protocol. The caller closes it.
 */
export async function startBrowser(): Promise<Browser> {
  const own = process.env['TIDEMILL_TEST_BROWSER'];
  return playwright.launch({
    executablePath: own ?? (await chromium.executablePath()),
    args: [...(own === undefined ? chromium.args.filter((arg) => !UNWANTED.has(arg)) : []), '--no-sandbox'],
    headless: true,
  });
}
