/**
 * `npm start` runs the sample of the main job, `npm start -- ARGS` the command line; right after a clone as well.
 * Paths among the arguments are relative to where the user called npm.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './build.mjs';
import { setup } from './setup.mjs';

const args = process.argv.slice(2);
const entry = join(root, 'dist', args.length === 0 ? 'bench/sample.js' : 'server/cli.js');
try {
  setup({ dev: false });
} catch (error) {
  process.stderr.write(`tidemill: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
if (process.env['npm_lifecycle_event'] === 'start' && process.env['INIT_CWD']) process.chdir(process.env['INIT_CWD']);
process.argv.splice(1, Infinity, entry, ...args);
await import(pathToFileURL(entry).href);
