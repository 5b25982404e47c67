/** Write the pages that are made from the code: ERRORS.md from the error registries. A test keeps them equal. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './build.mjs';

/** @typedef {Readonly<Record<string, { summary: string, retryable?: boolean, exitCode?: 1 | 2 }>>} Registry */

/**
 * The text of ERRORS.md.
 * @param {readonly Registry[]} registries
 */
export function errorsPage(registries) {
  const rows = registries
    .flatMap((registry) => Object.entries(registry))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { summary, exitCode = 1, retryable = false }]) => {
      const text = summary.replaceAll('|', '\\|').replaceAll('<', '&lt;');
      return `| \`${code}\` | ${text} | ${exitCode} | ${retryable ? 'yes' : 'no'} |`;
    });
  return `# Errors

Every error that Tidemill reports has one of these codes; it stays the same when the message that goes with it changes. On the command
line the code ends the message, in JSON it is \`code\`. A command ends with the exit code of its error: 1 the work failed, 2 wrong use.
Where an error may pass by itself (\`retryable\`), the engine tries the same work again before it reports it.

<!-- \`npm run docs\` writes this page from engine/errors.ts and server/errors.ts. -->

| code | what it means and what to do | exit code | retryable |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

/** @returns {Promise<Registry[]>} */
async function builtRegistries() {
  const modules = ['engine', 'server'].map((folder) => join(root, 'dist', folder, 'errors.js')).filter((path) => existsSync(path));
  const exported = await Promise.all(modules.map(async (path) => import(pathToFileURL(path).href)));
  return exported.flatMap((module) => [module.engineErrors, module.serverErrors].filter((registry) => registry !== undefined));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(join(root, 'ERRORS.md'), errorsPage(await builtRegistries()));
  console.log('ERRORS.md written');
}
