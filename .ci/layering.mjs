/**
 * Who may import whom. Reads every import of the sources (static, `import type`, dynamic, `new URL('…', import.meta.url)`,
 * `require`, `import('…').Type`) and fails on one that the rules below do not allow.
 *
 *   processors ─▶ engine/index ◀─ server ─▶ processors      bench, test ─▶ anything; nothing imports them
 *
 * The status panel runs in browsers: of the rest it knows the types of what the API answers, and nobody imports it.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';

const FOLDERS = ['engine', 'processors', 'server', 'bench', 'test'];

/** The status panel, and what it may know. */
const PANEL = 'server/panel/';
const PANEL_KNOWS = 'server/api/schemas/';

/** For each folder the folders that it may import from, beside itself. */
const MAY_IMPORT = /** @type {Record<string, readonly string[]>} */ ({
  engine: [],
  processors: ['engine'],
  server: ['engine', 'processors'],
  bench: FOLDERS,
  test: FOLDERS,
});

/** Packages with a home: only files below it, and bench and test, may import them. */
const HOMES = [
  { home: 'engine/store/', packages: ['lmdb'] },
  { home: 'engine/executor/', packages: ['piscina'] },
  { home: PANEL, packages: ['preact', 'uplot', 'vite'] },
  {
    home: 'server/',
    packages: [
      'pino',
      'commander',
      'pg',
      'pg-copy-streams',
      '@duckdb/node-api',
      '@duckdb/node-bindings',
      'maxmind',
      'fastify',
      '@fastify/swagger',
      '@fastify/swagger-ui',
      'prom-client',
      'zod',
      'croner',
      'isbot',
      'ua-parser-modern',
      'fast-string-width',
    ],
  },
];

/**
 * @typedef {{ specifier: string, line: number }} Import
 * @typedef {{ file: string, line: number, message: string }} Violation
 */

/**
 * Every module that a source names, wherever it stands.
 * @param {string} file
 * @param {string} source
 * @returns {Import[]}
 */
export function importsOf(file, source) {
  const { program, errors } = parseSync(file, source);
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  /** @type {Import[]} */
  const found = [];
  const add = (/** @type {any} */ literal) => {
    const specifier = literal?.type === 'TemplateLiteral' && literal.quasis.length === 1 ? literal.quasis[0].value.cooked : literal?.value;
    if (typeof specifier === 'string') found.push({ specifier, line: source.slice(0, literal.start).split('\n').length });
  };
  const isImportMeta = (/** @type {any} */ node) => node?.type === 'MetaProperty' && node.meta.name === 'import';
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    TSExternalModuleReference: (node) => add(node.expression),
    NewExpression: (node) => {
      const base = /** @type {any} */ (node.arguments[1]);
      if (node.callee.type === 'Identifier' && node.callee.name === 'URL' && isImportMeta(base?.object)) add(node.arguments[0]);
    },
    CallExpression: (node) => {
      const { callee } = node;
      if (callee.type === 'Identifier' && callee.name === 'require') add(node.arguments[0]);
      if (callee.type === 'MemberExpression' && isImportMeta(callee.object)) add(node.arguments[0]);
    },
  }).visit(program);
  return found;
}

/**
 * What is wrong with the imports of one source.
 * @param {string} file path in the project, with `/`
 * @param {string} source
 * @param {ReadonlySet<string>} dependencies the packages that an installed Tidemill has
 * @returns {Violation[]}
 */
export function violationsOf(file, source, dependencies) {
  const folder = file.slice(0, file.indexOf('/'));
  const free = folder === 'bench' || folder === 'test';
  /** @type {Violation[]} */
  const violations = [];
  for (const { specifier, line } of importsOf(file, source)) {
    const message = specifier.startsWith('.') || specifier.startsWith('#') ? aboutFile(specifier) : aboutPackage(specifier);
    if (message) violations.push({ file, line, message });
  }
  return violations;

  /** @param {string} specifier */
  function aboutFile(specifier) {
    if (specifier.startsWith('#') && folder !== 'test') return `'${specifier}': only tests import by '#…'; use a relative path`;
    const target = specifier.startsWith('#') ? specifier.slice(1) : posix.join(posix.dirname(file), specifier);
    const [targetFolder = ''] = target.split('/');
    if (!FOLDERS.includes(targetFolder)) return free ? '' : `'${specifier}' is outside of the source folders`;
    if (free) return '';
    if (file.startsWith(PANEL) && !target.startsWith(PANEL) && !target.startsWith(PANEL_KNOWS))
      return `the panel runs in browsers and knows ${PANEL_KNOWS} only, not '${specifier}'`;
    if (!file.startsWith(PANEL) && target.startsWith(PANEL) && target !== PANEL)
      return `the panel runs in browsers; nothing imports it ('${specifier}')`;
    if (targetFolder === folder) return '';
    if (!MAY_IMPORT[folder]?.includes(targetFolder)) return `${folder} may not import from ${targetFolder} ('${specifier}')`;
    if (folder === 'processors' && target !== 'engine/index.js') return `processors know engine/index.js only, not '${specifier}'`;
    return '';
  }

  /** @param {string} specifier */
  function aboutPackage(specifier) {
    if (free || /^[a-z]+:\/\//.test(specifier)) return '';
    if (isBuiltin(specifier)) {
      if (!specifier.startsWith('node:')) return `'${specifier}': write 'node:${specifier}'`;
      return folder === 'processors' ? `'${specifier}': processors are pure and import nothing of Node` : '';
    }
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    if (!dependencies.has(name)) return `'${name}' is not among the dependencies of package.json`;
    const home = HOMES.find(({ packages }) => packages.includes(name))?.home;
    return home && !file.startsWith(home) ? `only files in ${home} may import '${name}'` : '';
  }
}

/** @param {string} root */
export function checkTree(root) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const dependencies = new Set(Object.keys(manifest.dependencies));
  return FOLDERS.flatMap((folder) => sourcesIn(root, folder)).flatMap((file) =>
    violationsOf(file, readFileSync(join(root, file), 'utf8'), dependencies),
  );
}

/**
 * @param {string} root
 * @param {string} folder
 */
function sourcesIn(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join(folder, path.split(sep).join('/')))
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path) && !path.includes('/fixtures/'))
    .toSorted();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const violations = checkTree(dirname(dirname(fileURLToPath(import.meta.url))));
  for (const { file, line, message } of violations) console.error(`${file}:${line}: ${message}`);
  if (violations.length > 0) process.exitCode = 1;
  else console.log('layering: every import is allowed');
}
