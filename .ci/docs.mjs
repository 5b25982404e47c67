/**
 * Write what is made from the code: ERRORS.md from the error registries, the table of settings in README.md from their schema.
 * A test keeps them equal.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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
      const text = summary.replaceAll('|', '\\|').replaceAll(/`[^`]*`|</g, (part) => (part === '<' ? '&lt;' : part));
      return `| \`${code}\` | ${text} | ${exitCode} | ${retryable ? 'yes' : 'no'} |`;
    });
  return `# Errors

Every error that Tidemill reports has one of these codes; it stays the same when the message that goes with it changes. On the command
line the code ends the message, in JSON it is \`code\`. A command ends with the exit code of its error: 1 the work failed, 2 wrong use.
Where an error may pass by itself it is \`retryable\`: the engine tries a task again before it reports it, and \`serve\` an injection; of
anything else its caller does.

<!-- \`npm run docs\` writes this page from engine/errors.ts and server/errors.ts. -->

| code | what it means and what to do | exit code | retryable |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

/**
 * A JSON Schema, as far as settings need it.
 * @typedef {{ type?: string, description?: string, default?: unknown, enum?: string[], pattern?: string, properties?: Record<string, Schema>,
 *   additionalProperties?: Schema | boolean, items?: Schema }} Schema
 */

/**
 * A row a setting: its key, its kind, its default, what it does.
 * @param {Schema} schema
 * @param {string} key
 * @returns {string[][]}
 */
function settingRows(schema, key = '') {
  const below = (/** @type {string} */ name) => (key === '' ? name : `${key}.${name}`);
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => settingRows(child, below(name)));
  const entries = typeof schema.additionalProperties === 'object' ? settingRows(schema.additionalProperties, below('<name>')) : [];
  const items = schema.items?.properties ? settingRows(schema.items, `${key}[]`) : [];
  const own = schema.description ? [[key, kindOf(schema), defaultOf(schema), schema.description]] : [];
  return [...own, ...inner, ...entries, ...items];
}

/** @param {Schema} schema */
function kindOf(schema) {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.pattern?.endsWith('(ms|s|m|h|d)$')) return 'duration';
  if (schema.pattern?.endsWith('iB$')) return 'size';
  return schema.type === 'array'
    ? 'list'
    : schema.type === 'string'
      ? 'text'
      : schema.type === 'integer'
        ? 'number'
        : (schema.type ?? 'text');
}

/** @param {Schema} schema */
function defaultOf(schema) {
  const value = schema.default;
  if (value === undefined) return '';
  return typeof value === 'string' ? `\`${value}\`` : `\`${JSON.stringify(value)}\``;
}

const BEGIN = '<!-- settings: `npm run docs` writes this table from server/settings.ts -->';
const END = '<!-- end of settings -->';

/**
 * The README with the table of settings as the schema tells it.
 * @param {string} readme
 * @param {Schema} schema
 */
export function withSettings(readme, schema) {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`README.md lacks '${BEGIN}' or '${END}'`);
  const rows = settingRows(schema).map(
    ([key, kind, value, text]) => `| \`${key}\` | ${kind} | ${value} | ${text?.replaceAll('|', '\\|')} |`,
  );
  const table = ['| key | kind | default | what it does |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return `${readme.slice(0, begin)}${BEGIN}\n\n${table}\n\n${readme.slice(end)}`;
}

/** @returns {Promise<Registry[]>} */
async function builtRegistries() {
  const modules = ['engine', 'server'].map((folder) => join(root, 'dist', folder, 'errors.js')).filter((path) => existsSync(path));
  const exported = await Promise.all(modules.map(async (path) => import(pathToFileURL(path).href)));
  return exported.flatMap((module) => [module.engineErrors, module.serverErrors].filter((registry) => registry !== undefined));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(join(root, 'ERRORS.md'), errorsPage(await builtRegistries()));
  const { settingsJsonSchema } = await import(pathToFileURL(join(root, 'dist/server/settings.js')).href);
  const readme = join(root, 'README.md');
  writeFileSync(readme, withSettings(readFileSync(readme, 'utf8'), settingsJsonSchema()));
  console.log('ERRORS.md and the settings of README.md written');
}
