/**
 * Make a checkout ready to run: install the dependencies and build, each only where it is needed. Plain Node, so that it
 * works right after a clone.
 *
 *   node .ci/setup.mjs          what Tidemill needs to build and run
 *   node .ci/setup.mjs --dev    also what its tests and checks need
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, isBuilt, root } from './build.mjs';

/** @typedef {{ version?: string, dev?: boolean, optional?: boolean, devOptional?: boolean }} Locked */

/**
 * The packages of a lock file by path, or none where there is no such file.
 * @param {string} path
 * @returns {Record<string, Locked>}
 */
function packagesOf(path) {
  if (!existsSync(path)) return {};
  const { '': _project, ...packages } = JSON.parse(readFileSync(path, 'utf8')).packages;
  return packages;
}

/** @param {string} text */
const say = (text) => process.stderr.write(`tidemill: ${text}\n`);

/** @param {boolean} dev whether the tools of the tests and checks are wanted too */
function install(dev) {
  const locked = Object.entries(packagesOf(join(root, 'package-lock.json')));
  // npm writes this file when an install has ended well.
  const installed = packagesOf(join(root, 'node_modules/.package-lock.json'));
  const isThere = (/** @type {[string, Locked]} */ [path, wanted]) => {
    const have = installed[path];
    return have ? have.version === wanted.version : wanted.optional || wanted.devOptional || (wanted.dev && !dev);
  };
  if (locked.every(isThere)) return;

  const all = dev || Object.values(installed).some((have) => have.dev);
  say(`installing the packages of package-lock.json${all ? '' : ' that it runs on'} …`);
  const args = ['ci', all ? '--include=dev' : '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env['npm_execpath'];
  const options = { cwd: root, stdio: /** @type {import('node:child_process').StdioOptions} */ (['ignore', 2, 2]) };
  const { status } = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync(`npm ${args.join(' ')}`, { ...options, shell: true });
  if (status !== 0) throw new Error('the packages could not be installed (npm ci)');
}

/** @param {{ dev: boolean }} what */
export function setup({ dev }) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) throw new Error(`Node 20.19 or newer is needed; this is ${process.version}`);
  install(dev);
  if (isBuilt()) return;
  say('building …');
  build();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    setup({ dev: process.argv.includes('--dev') });
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
